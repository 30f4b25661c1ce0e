use std::process::ExitCode;

use anyhow::Context as _;
use hub::{
    config::{
        Config, address_file,
        flags::{CommandLine, Settings},
        layers,
    },
    operator, telemetry,
};
use tokio::net::TcpListener;

/// Exit code of a wrong command line, environment or file with settings.
const MISCONFIGURED: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let read = match layers::read(std::env::args_os().collect()) {
        Ok(read) => read,
        Err(error) => return misconfigured(error),
    };
    let CommandLine { check_config, settings, acting, task, .. } = read.line;
    if check_config {
        print!("{}", read.effective);
    } else if let Some(task) = task {
        return concluded(operator::run(task, &settings, acting).await);
    }
    match Config::from_settings(&settings) {
        Ok(_) if check_config => ExitCode::SUCCESS,
        Ok(config) => concluded(serve(&settings, config).await),
        Err(error) => misconfigured(error),
    }
}

async fn serve(settings: &Settings, config: Config) -> anyhow::Result<()> {
    let _log = telemetry::start(settings.log_format);
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!("setting `bind`: unable to listen on `{}`; choose another address or port 0", settings.bind)
    })?;
    let address = listener.local_addr()?;
    if let Some(file) = &settings.addr_file {
        address_file::write(file, address)
            .with_context(|| format!("setting `addr-file`: unable to write `{}`", file.display()))?;
    }
    tracing::info!(%address, "listening on http://{address}");
    let shutdown = hub::shutdown::on_signal()?;
    hub::serve(listener, config, shutdown).await
}

fn concluded(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn misconfigured(error: anyhow::Error) -> ExitCode {
    match error.downcast::<clap::Error>() {
        Ok(usage) => usage.exit(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(MISCONFIGURED)
        }
    }
}
