//! Brokers for tests: one that all tests of a process share, and ones of their own for those that do harm to it.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;
use wareroom_rabbitmq::OpenError;

/// Tests that harm a broker want one of their own, whatever is named.
const ADVICE: &str = "install RabbitMQ 3.10 or later (on Debian: apt-get install rabbitmq-server)";
/// A broker takes its time to begin, the more so on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The URL of the broker that all tests share: the one that `WAREROOM_TEST_RABBITMQ` names, or one that is started when it
/// is asked for the first time and ends with this process.
#[expect(clippy::disallowed_methods, reason = "where a server is comes from whoever runs the tests")]
pub(crate) fn shared() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("WAREROOM_TEST_RABBITMQ").unwrap_or_else(|_| kept()))
}

/// For whoever cannot open the broker that all share.
pub(crate) fn unusable(error: &OpenError) -> ! {
    panic!(
        "{error}: {error:?}; start the RabbitMQ that WAREROOM_TEST_RABBITMQ names, or unset it and have one started here"
    )
}

/// Starts a broker that ends when this process does, however that is: a shell around it reads from a pipe that only this
/// process holds open, and then ends its whole group.
fn kept() -> String {
    const KEEPER: &str = "dir=$1; shift; epmd -port $ERL_EPMD_PORT -address 127.0.0.1 </dev/null >/dev/null 2>&1 & \
                          \"$@\" </dev/null >/dev/null 2>&1 & read -r _; rm -rf \"$dir\"; kill -9 0";
    let place = Place::new(&TempDir::with_prefix("wareroom-rabbitmq-").unwrap().keep());
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "sh"]).arg(&place.folder).arg(program("rabbitmq-server"));
    let child = place.environment(&mut keeper).stdin(Stdio::piped()).process_group(0).spawn().unwrap();
    place.await_answers();
    // Not waited for: it outlives this process by a moment.
    std::mem::forget(child);
    place.url()
}

/// A broker of one test, on ports and over a folder that it comes back to when it is started again.
pub(crate) struct Broker {
    place: Place,
    _folder: TempDir,
    /// Tells brokers of one machine where they are. Its own, because one that runs already may be somebody else's.
    names: Child,
    child: Option<Child>,
}

impl Broker {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let folder = TempDir::with_prefix("wareroom-rabbitmq-").unwrap();
        let place = Place::new(folder.path());
        let port = place.names.to_string();
        let mut names = Command::new("epmd");
        let names = quiet(names.args(["-port", &port, "-address", "127.0.0.1"])).spawn().unwrap();
        let mut broker = Self { place, _folder: folder, names, child: None };
        broker.start_again();
        broker
    }

    /// Starts it, over what it had on disk.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new(program("rabbitmq-server"));
        self.child = Some(quiet(self.place.environment(&mut command)).process_group(0).spawn().unwrap());
        self.place.await_answers();
    }

    pub(crate) fn url(&self) -> String {
        self.place.url()
    }

    /// Over TLS, by its own name.
    pub(crate) fn secure_url(&self, parameters: &str) -> String {
        format!("amqps://wareroom:wareroom@localhost:{}{parameters}", self.place.secure)
    }

    /// The root of its certificate.
    pub(crate) fn roots(&self) -> String {
        self.place.folder.join("server.crt").display().to_string()
    }

    /// Ends it at once, as a failing machine would.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = std::fs::read_to_string(self.place.pid_file()).unwrap_or_default();
        if let Some(pid) = pid.trim().parse().ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        // What the broker had started besides, and the shell around it.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        child.wait().unwrap();
        let _ = std::fs::remove_file(self.place.pid_file());
    }

    /// Has the broker's own tool do something.
    pub(crate) fn control(&self, arguments: &[&str]) {
        let mut command = Command::new(program("rabbitmqctl"));
        let outcome = self.place.environment(&mut command).args(arguments).output().unwrap();
        assert!(outcome.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&outcome.stderr));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        let _ = self.names.kill();
        let _ = self.names.wait();
    }
}

/// Where a broker is: its folder and its ports.
struct Place {
    folder: PathBuf,
    port: u16,
    /// For TLS.
    secure: u16,
    names: u16,
    distribution: u16,
}

impl Place {
    fn new(folder: &Path) -> Self {
        let [port, secure, names, distribution] = [(); 4].map(|()| free_port());
        let place = Self { folder: folder.to_owned(), port, secure, names, distribution };
        certificates(folder);
        let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
        let settings = format!(
            "listeners.tcp.1 = 127.0.0.1:{}\nlisteners.ssl.1 = 127.0.0.1:{}\ndefault_user = wareroom\n\
             default_pass = wareroom\ndisk_free_limit.absolute = 1MB\nssl_options.certfile = {}\n\
             ssl_options.keyfile = {}\n",
            place.port,
            place.secure,
            certificate.display(),
            key.display()
        );
        std::fs::write(folder.join("rabbitmq.conf"), settings).unwrap();
        std::fs::write(folder.join("plugins"), "[].").unwrap();
        place
    }

    /// What every program of the broker needs to know. Nothing of /etc counts.
    fn environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let within = |name: &str| self.folder.join(name);
        command
            .env("HOME", &self.folder)
            .env("ERL_EPMD_PORT", self.names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", "wareroom-test@localhost")
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", within("none"))
            .env("RABBITMQ_CONFIG_FILE", within("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", within("plugins"))
            .env("RABBITMQ_MNESIA_BASE", within("data"))
            .env("RABBITMQ_LOG_BASE", within("log"))
            .env("RABBITMQ_PID_FILE", self.pid_file())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join("pid")
    }

    fn url(&self) -> String {
        format!("amqp://wareroom:wareroom@127.0.0.1:{}", self.port)
    }

    fn await_answers(&self) {
        let port = self.port;
        until("the broker answers", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }
}

/// A certificate of the broker's own, which is its own root.
fn certificates(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(folder.join("server.key")).arg("-out").arg(folder.join("server.crt"));
    let made = quiet(&mut openssl).status();
    assert!(made.is_ok_and(|status| status.success()), "there is no openssl to make a certificate with: install it");
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// A program of the broker, which must be installed. Debian's of that name on the path changes to another user.
fn program(name: &str) -> PathBuf {
    let debian = Path::new("/usr/lib/rabbitmq/bin").join(name);
    if debian.exists() {
        return debian;
    }
    let found = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", name]).stdout(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "there is no {name} here: {ADVICE}");
    PathBuf::from(name)
}

/// Below the range that systems give out unasked, so that it is still free when a broker is started again.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(20_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Asks again until it is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = tokio::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(100));
    }
}
