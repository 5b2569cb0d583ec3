//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestMain runs the program instead of the tests where a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("RECEIVER_TEST_RUNS_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// process starts the program in a process of its own, and gives its address and
// what it says after that.
func process(t *testing.T) (command *exec.Cmd, address string, rest func() string) {
	t.Helper()
	command = exec.Command(os.Args[0], "-addr", "127.0.0.1:0")
	command.Env = append(os.Environ(), "RECEIVER_TEST_RUNS_MAIN=1", "MASIVO_WEBHOOK_SECRET="+testSecret)
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := regexp.MustCompile(`masivo: POST http://([^/]+)/`).FindStringSubmatch(lines.Text()); found != nil {
			return command, found[1], func() string {
				var text strings.Builder
				for lines.Scan() {
					text.WriteString(lines.Text() + "\n")
				}
				return text.String()
			}
		}
	}
	t.Fatal("it did not start")
	return nil, "", nil
}

func TestSignalEndsCleanly(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		command, _, rest := process(t)
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if text := rest(); !strings.Contains(text, "all deliveries have finished") {
			t.Errorf("%s: it says %q", signal, text)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("%s: %v", signal, err)
		}
	}
}

// While a delivery is on its way the first signal waits for it, and the second one
// does not.
func TestSecondSignalKills(t *testing.T) {
	command, address, rest := process(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /webhooks/masivo?secret=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", testSecret)
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || !bytes.HasSuffix(answer, []byte("100")) {
		t.Fatalf("%q, %v", answer, err)
	}
	// The handler reads the body now, and gets none.
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // Until the first signal has closed the door.
		other, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		other.Close()
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if text := rest(); strings.Contains(text, "finished") {
		t.Errorf("it says %q", text)
	}
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want to be killed by the second signal", err)
	}
}
