//! Messages as lightyear reads and writes those that are registered without functions of their own.

use lightyear_serde::{reader::Reader, registry::SerializeFns, writer::Writer};
use serde::{Serialize, de::DeserializeOwned};

/// What is read and written is read again as the same, and is no longer than what came. Also how many bytes
/// it was.
pub(crate) fn same<M: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<(M, usize)> {
    let (message, length) = read::<M>(bytes)?;
    let written = write(&message);
    assert!(written.len() <= length, "{} bytes became {}", length, written.len());
    let (again, _) = read::<M>(&written).expect("what is written should be read");
    assert_eq!(write(&again), written);
    Some((message, length))
}

pub(crate) fn write<M: Serialize + DeserializeOwned>(message: &M) -> Vec<u8> {
    let mut writer = Writer::default();
    let written = (SerializeFns::<M>::default().serialize)(message, &mut writer);
    assert!(written.is_ok(), "a message should be written");
    writer.into_bytes().to_vec()
}

fn read<M: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<(M, usize)> {
    let mut reader = Reader::from(bytes.to_vec());
    let message = (SerializeFns::<M>::default().deserialize)(&mut reader).ok()?;
    Some((message, bytes.len() - reader.remaining()))
}
