//! Whose processes a server's are: PostgreSQL refuses to run as root.

use std::{fs, os::unix::fs::chown, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{layout::on_path, setup::debian::is_root};

/// Somebody who may do nothing else on any machine.
const NOBODY: &str = "nobody";

pub enum Owner {
    Ourselves,
    Nobody { user: u32, group: u32 },
}

impl Owner {
    /// Ourselves, unless we are root.
    pub fn find() -> Result<Self> {
        if !is_root() {
            return Ok(Self::Ourselves);
        }
        let users = fs::read_to_string("/etc/passwd").context("unable to read `/etc/passwd`")?;
        Self::in_passwd(&users).with_context(|| format!("there is no user `{NOBODY}` in `/etc/passwd`"))
    }

    /// Gives a folder away.
    pub fn take(&self, folder: &Path) -> Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Nobody { user, group } => chown(folder, Some(*user), Some(*group))
                .with_context(|| format!("unable to give `{}` to `{NOBODY}`", folder.display())),
        }
    }

    /// A command of this user whose process ends with this one, even when this one is killed. It is told
    /// by SIGINT, which ends a PostgreSQL server without waiting for its clients.
    pub fn command(&self, program: &Path) -> Result<Command> {
        let setpriv = on_path("setpriv");
        let mut command = match (self, setpriv, on_path("runuser")) {
            (Self::Ourselves, None, _) => return Ok(Command::new(program)),
            (Self::Ourselves, Some(setpriv), _) => Command::new(setpriv),
            (Self::Nobody { user, group }, Some(setpriv), _) => {
                let mut command = Command::new(setpriv);
                command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
                command
            }
            (Self::Nobody { .. }, None, Some(runuser)) => {
                let mut command = Command::new(runuser);
                command.args(["-u", NOBODY, "--"]).arg(program);
                return Ok(command);
            }
            (Self::Nobody { .. }, None, None) => {
                bail!("PostgreSQL refuses to run as root, and neither `setpriv` nor `runuser` is on `PATH`")
            }
        };
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        Ok(command)
    }

    fn in_passwd(users: &str) -> Option<Self> {
        let mut fields = users
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(NOBODY)).then_some(fields))?;
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self::Nobody { user, group })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_found_among_the_users() {
        let users = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533::/:/bin/false\n";
        let found = Owner::in_passwd(users);
        assert!(matches!(found, Some(Owner::Nobody { user: 65534, group: 65533 })));
        assert!(Owner::in_passwd("ann:x:1000:1000::/:/bin/sh\n").is_none());
    }
}
