package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReaderReadsValuesInBaseUnits(t *testing.T) {
	r := NewReader([]string{"D=15m", "B=4MiB", "I= 4 ", "L=debug", "U=nats://a:4222,nats://b:4222", "EMPTY="})
	if got := r.Duration("D", 0, 0, time.Hour); got != 15*time.Minute {
		t.Errorf("duration is %v", got)
	}
	if got := r.Bytes("B", 1); got != 4<<20 {
		t.Errorf("bytes are %d", got)
	}
	if got := r.Integer("I", 1, 1, 4); got != 4 {
		t.Errorf("integer is %d", got)
	}
	if got := r.OneOf("L", "info", LogLevels...); got != "debug" {
		t.Errorf("level is %q", got)
	}
	if got := r.URL("U", "nats"); got != "nats://a:4222,nats://b:4222" {
		t.Errorf("url is %q", got)
	}
	if got := r.Text("EMPTY", "fallback"); got != "fallback" {
		t.Errorf("an empty variable is %q", got)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestReaderListsEveryProblemAtOnce(t *testing.T) {
	r := NewReader([]string{"P=65536", "D=5 weeks", "U=ftp://user:hidden@x", "I=1e3", "B=-1", "L=loud", "GRPC_TLS_CERT_FILE=/none"})
	r.Port("P", 80)
	r.Duration("D", 0, 0, time.Hour)
	r.URL("U", "http", "https")
	r.URL("UNSET", "nats")
	r.Integer("I", 1, 1, 9)
	r.Bytes("B", 1)
	r.OneOf("L", "info", "info")
	r.File("GRPC_TLS_CERT_FILE")
	var wrong *Error
	if !errors.As(r.Err(), &wrong) || len(wrong.Problems) != 8 {
		t.Fatalf("problems are %v", r.Err())
	}
	if want := `P: must be a whole number from 0 to 65535 (it is "65536"). Example: P=80`; wrong.Problems[0] != want {
		t.Errorf("%s\nis not\n%s", wrong.Problems[0], want)
	}
	if text := wrong.Error(); strings.Contains(text, "hidden") || !strings.Contains(text, "8 problems") {
		t.Error(text)
	}
}
