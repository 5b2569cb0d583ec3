// Package databases runs real databases for tests, on sockets in a temporary folder.
package databases

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver mysql
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite
)

// SQLite opens an empty database in a file of the test.
func SQLite(tb testing.TB) *sql.DB {
	tb.Helper()
	return open(tb, "sqlite", SQLiteSource(tb))
}

// SQLiteSource names a file of the test that several processes may open.
func SQLiteSource(tb testing.TB) string {
	tb.Helper()
	return "file:" + filepath.Join(tb.TempDir(), "test.db") + "?_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)"
}

// Postgres starts a server for the test and connects with it.
func Postgres(tb testing.TB) *sql.DB {
	tb.Helper()
	return open(tb, "pgx", StartPostgres(tb).Source)
}

// PostgresServer is a server of a test.
type PostgresServer struct {
	Source string // for the driver pgx

	command func() *exec.Cmd
	running *exec.Cmd
}

// Restart stops the server as a crash of the machine would, and starts it again.
func (s *PostgresServer) Restart(tb testing.TB) {
	tb.Helper()
	_ = s.running.Process.Signal(syscall.SIGQUIT) // Without a checkpoint.
	_ = s.running.Wait()
	s.start(tb)
}

func (s *PostgresServer) start(tb testing.TB) {
	tb.Helper()
	s.running = s.command()
	if err := s.running.Start(); err != nil {
		tb.Fatal(err)
	}
	if err := open(tb, "pgx", s.Source).PingContext(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// StartPostgres starts a server for the test.
func StartPostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(programs) == 0 {
		tb.Fatalf("PostgreSQL is not installed: Debian's package is postgresql; error %v", err)
	}
	slices.Sort(programs)
	bin := programs[len(programs)-1]
	folder, credential := ownFolder(tb, "postgres")
	data := filepath.Join(folder, "data")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...) //nolint:gosec // of Debian's package
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "TMPDIR="+folder)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	if out, err := run("initdb", "-D", data, "-A", "trust", "-U", "test", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	s := &PostgresServer{Source: fmt.Sprintf("host=%s user=test dbname=postgres", folder)}
	s.command = func() *exec.Cmd {
		return run("postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	}
	tb.Cleanup(func() {
		_ = s.running.Process.Signal(syscall.SIGINT) // Without waiting for clients.
		if err := s.running.Wait(); err != nil {
			tb.Logf("PostgreSQL: %v", err)
		}
	})
	s.start(tb)
	return s
}

// MariaDB starts a server for the test and connects with it.
func MariaDB(tb testing.TB) *sql.DB {
	tb.Helper()
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		server = "/usr/sbin/mariadbd"
	}
	folder, credential := ownFolder(tb, "mysql")
	data := filepath.Join(folder, "data")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...) //nolint:gosec // of Debian's package
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "TMPDIR="+folder)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	install := run("mariadb-install-db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := install.CombinedOutput(); err != nil {
		tb.Fatalf("MariaDB is not installed: Debian's package is mariadb-server; %v\n%s", err, out)
	}
	socket := filepath.Join(folder, "s")
	start(tb, run(server, "--no-defaults", "--datadir="+data, "--socket="+socket, "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--pid-file="+filepath.Join(folder, "pid")), syscall.SIGTERM)
	return open(tb, "mysql", "root@unix("+socket+")/mysql")
}

// ownFolder makes a folder for a server that refuses to run as root: it belongs to the
// server's own user then.
func ownFolder(tb testing.TB, name string) (string, *syscall.Credential) {
	tb.Helper()
	folder, err := os.MkdirTemp("/tmp", "db") // Not TMPDIR: the path of a socket is short, and another user must get there.
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			tb.Error(err)
		}
	})
	if os.Getuid() != 0 {
		return folder, nil
	}
	owner, err := user.Lookup(name)
	if err != nil {
		tb.Fatal(err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		tb.Fatal(err)
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Chown(folder, int(uid), int(gid)); err != nil {
		tb.Fatal(err)
	}
	return folder, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// start runs a server until the test ends.
func start(tb testing.TB, server *exec.Cmd, end syscall.Signal) {
	tb.Helper()
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Signal(end)
		slow := time.AfterFunc(10*time.Second, func() { _ = server.Process.Kill() })
		defer slow.Stop()
		if err := server.Wait(); err != nil || tb.Failed() {
			tb.Logf("%s: %v\n%s", server.Path, err, &log)
		}
	})
}

// open waits until a database answers.
func open(tb testing.TB, driver, source string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := db.PingContext(tb.Context())
		if err == nil {
			return db
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%s does not answer: %v", driver, err)
		}
	}
}

// Redis starts a server for the test and returns its socket.
func Redis(tb testing.TB) string {
	tb.Helper()
	return StartRedis(tb).Socket
}

// RedisServer is a server of a test, which writes down every change.
type RedisServer struct {
	Socket string

	command func() *exec.Cmd
	running *exec.Cmd
}

// StartRedis starts a server for the test.
func StartRedis(tb testing.TB) *RedisServer {
	tb.Helper()
	folder, credential := ownFolder(tb, "redis")
	s := &RedisServer{Socket: filepath.Join(folder, "s")}
	s.command = func() *exec.Cmd {
		cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", s.Socket, "--unixsocketperm", "777", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always") //nolint:gosec // of Debian's package
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "TMPDIR="+folder)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	tb.Cleanup(func() { s.stop() })
	s.start(tb)
	return s
}

// Restart kills the server, and starts it again.
func (s *RedisServer) Restart(tb testing.TB) {
	tb.Helper()
	s.stop()
	_ = os.Remove(s.Socket)
	s.start(tb)
}

func (s *RedisServer) stop() {
	_ = s.running.Process.Kill()
	_ = s.running.Wait()
}

func (s *RedisServer) start(tb testing.TB) {
	tb.Helper()
	s.running = s.command()
	if err := s.running.Start(); err != nil {
		tb.Fatalf("Redis is not installed: Debian's package is redis-server; %v", err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := (&net.Dialer{}).DialContext(tb.Context(), "unix", s.Socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("Redis does not answer: %v", err)
		}
	}
}
