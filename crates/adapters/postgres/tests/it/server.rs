//! The server that all tests of a process share: the one that `WAREROOM_TEST_POSTGRES` names, or one of its own, made from
//! the programs that are installed, in a folder that goes away with it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread::sleep,
    time::Duration,
};
use tempfile::TempDir;
use url::Url;

const ADVICE: &str = "install PostgreSQL (on Debian: apt-get install postgresql), or name a server whose user may create \
                      databases: WAREROOM_TEST_POSTGRES=postgres://user:password@host:port/postgres";

/// The password of the user that a server of our own has.
const PASSWORD: &str = "a test's own";

/// A server, by a database of it that everybody may connect to.
pub(crate) struct Server {
    url: Url,
    /// Its certificate authority's certificate, where it is our own.
    pub(crate) roots: Option<PathBuf>,
    _own: Option<Own>,
}

/// Ended when its keeper's input is closed, which is when this process ends, however it does.
struct Own {
    _keeper: Child,
}

impl Server {
    /// The server, started when it is asked for the first time.
    #[expect(clippy::disallowed_methods, reason = "where a server is comes from whoever runs the tests")]
    pub(crate) fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("WAREROOM_TEST_POSTGRES") {
            Ok(url) => {
                let url = Url::parse(&url).unwrap_or_else(|error| panic!("WAREROOM_TEST_POSTGRES: {error}"));
                Self { url, roots: None, _own: None }
            }
            Err(_) => Self::start(),
        })
    }

    /// The URL of a database.
    pub(crate) fn database(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(name);
        url
    }

    /// The URL of the database that everybody may connect to.
    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    fn start() -> Self {
        let programs = programs().unwrap_or_else(|| panic!("there is no PostgreSQL server here: {ADVICE}"));
        // Not the user's own folder, which a server's user may not look into; and short, as sockets want it.
        let folder = TempDir::with_prefix_in("wareroom-postgres-", "/tmp").unwrap();
        let (data, secret) = (folder.path().join("data"), folder.path().join("password"));
        fs::write(&secret, PASSWORD).unwrap();
        certificates(folder.path());
        let user = as_server();
        if user.is_some() {
            run(Command::new("chown").args(["-R", "postgres:"]).arg(folder.path()));
        }
        let mut create = command(user, &programs.join("initdb"));
        create.args([
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        run(create.arg("--username=postgres").arg("--pwfile").arg(&secret).arg("-D").arg(&data));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let keeper = keep(user, &programs.join("postgres"), folder.path(), &data, port);
        let folder = folder.keep();
        let mut url = Url::parse("postgres://postgres@127.0.0.1/postgres").unwrap();
        url.set_port(Some(port)).unwrap();
        url.set_password(Some(PASSWORD)).unwrap();
        let server = Self { url, roots: Some(folder.join("server.crt")), _own: Some(Own { _keeper: keeper }) };
        server.wait(&folder.join("log"));
        server
    }

    fn wait(&self, log: &Path) {
        for _ in 0..600 {
            let port = self.url.port().unwrap_or_default();
            let answers = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            if answers && fs::read_to_string(log).is_ok_and(|log| log.contains("ready to accept connections")) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the server did not start: {}", fs::read_to_string(log).unwrap_or_default());
    }
}

/// Where the server's programs are, the newest first.
fn programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    let (versions, others): (Vec<_>, Vec<_>) = folders.into_iter().partition(|folder| folder.starts_with("/usr/lib"));
    versions
        .into_iter()
        .rev()
        .chain(others)
        .find(|folder| ["initdb", "postgres"].iter().all(|p| folder.join(p).exists()))
}

/// The server refuses to be run by root; then it is run by the user that its package made.
fn as_server() -> Option<&'static str> {
    let ours = Command::new("id").arg("-u").output().unwrap();
    (ours.stdout.trim_ascii() == b"0").then_some("postgres")
}

fn command(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    // Becomes the program, so that its id is the program's.
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--init-groups", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {ADVICE}"));
    assert!(done.status.success(), "{command:?}: {}; {ADVICE}", String::from_utf8_lossy(&done.stderr));
}

/// A certificate of the server's own, which is its own root.
fn certificates(folder: &Path) {
    let mut make = Command::new("openssl");
    make.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    make.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext"]);
    make.arg("basicConstraints=critical,CA:FALSE");
    make.arg("-keyout").arg(folder.join("server.key")).arg("-out").arg(folder.join("server.crt"));
    run(&mut make);
}

/// Starts the server, and with it a shell that waits for the end of its input, ends the server by its id and removes the
/// folder.
fn keep(user: Option<&str>, server: &Path, folder: &Path, data: &Path, port: u16) -> Child {
    const SCRIPT: &str = "folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 </dev/null & server=$!
                          cat >/dev/null; kill -INT \"$server\"; wait \"$server\"; rm -rf \"$folder\"";
    let serve = command(user, server);
    let mut keeper = Command::new("sh");
    keeper.arg("-c").arg(SCRIPT).arg("keeper").arg(folder).arg(serve.get_program()).args(serve.get_args());
    keeper.arg("-D").arg(data).arg("-p").arg(port.to_string()).arg("-k").arg(folder);
    let certificate = |kind: &str| folder.join(format!("server.{kind}")).display().to_string();
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        // Nothing of it is to outlive the tests.
        "fsync=off".to_owned(),
        "max_connections=200".to_owned(),
        "deadlock_timeout=100ms".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificate("crt")),
        format!("ssl_key_file={}", certificate("key")),
    ];
    for setting in settings {
        keeper.arg("-c").arg(setting);
    }
    keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
