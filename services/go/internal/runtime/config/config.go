// Package config reads settings from the environment and reports everything that is wrong with them at once. Names, units and
// messages are those of the TypeScript runtime, so that an operator need not know which language a service is written in.
package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error says everything that is wrong with the environment. A process that gets it prints it and exits with 78.
type Error struct {
	// Problems has one line per problem.
	Problems []string
}

// Error lists the problems.
func (e *Error) Error() string {
	what := "a problem"
	if len(e.Problems) != 1 {
		what = fmt.Sprintf("%d problems", len(e.Problems))
	}
	return "The configuration has " + what + ":\n  " + strings.Join(e.Problems, "\n  ")
}

// Reader reads settings one by one and remembers what is wrong. It is not safe for concurrent use.
type Reader struct {
	values   map[string]string
	problems []string
}

// NewReader reads from an environment in the form of os.Environ.
func NewReader(environment []string) *Reader {
	values := make(map[string]string, len(environment))
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = strings.TrimSpace(value)
	}
	return &Reader{values: values}
}

// Err is an *Error where anything that was read is missing or wrong.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{Problems: r.problems}
}

// Fail remembers a problem that concerns several settings.
func (r *Reader) Fail(problem string) {
	r.problems = append(r.problems, problem)
}

func (r *Reader) wrong(name, what, example string, shown bool) {
	value := ""
	if text := r.values[name]; shown && text != "" {
		value = fmt.Sprintf(" (it is %q)", text)
	}
	r.Fail(fmt.Sprintf("%s: %s%s. Example: %s=%s", name, what, value, name, example))
}

// Text is any text; the fallback where it is not set.
func (r *Reader) Text(name, fallback string) string {
	if text := r.values[name]; text != "" {
		return text
	}
	return fallback
}

// Integer is a whole number within limits, both included.
func (r *Reader) Integer(name string, fallback, least, most int) int {
	text := r.values[name]
	if text == "" {
		return fallback
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < least || value > most {
		r.wrong(name, fmt.Sprintf("must be a whole number from %d to %d", least, most), strconv.Itoa(fallback), true)
	}
	return value
}

// Port is a port to listen on. 0: any free one.
func (r *Reader) Port(name string, fallback int) int {
	return r.Integer(name, fallback, 0, 65_535)
}

var (
	scaled    = regexp.MustCompile(`^(\d{1,15})\s*([A-Za-z]*)$`)
	durations = map[string]int64{"": 1, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
	sizes     = map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
)

func (r *Reader) scaled(name string, units map[string]int64, fallback, least, most int64, what, unit, example string) int64 {
	text := r.values[name]
	if text == "" {
		return fallback
	}
	if match := scaled.FindStringSubmatch(text); match != nil {
		amount, err := strconv.ParseInt(match[1], 10, 64)
		if factor, known := units[match[2]]; err == nil && known && amount <= most/factor && amount*factor >= least {
			return amount * factor
		}
	}
	r.wrong(name, fmt.Sprintf("must be %s, from %d%s to %d%s", what, least, unit, most, unit), example, true)
	return fallback
}

// Duration is a span of time as `250ms`, `30s`, `15m`, `24h` or `7d`; a bare number is milliseconds.
func (r *Reader) Duration(name string, fallback, least, most time.Duration) time.Duration {
	value := r.scaled(name, durations, fallback.Milliseconds(), least.Milliseconds(), most.Milliseconds(), "a time such as 250ms, 30s, 15m, 24h or 7d", "ms", "30s")
	return time.Duration(value) * time.Millisecond
}

// Bytes is a size as `512KiB` or `4MiB`, up to 2 GiB; a bare number is bytes.
func (r *Reader) Bytes(name string, fallback int) int {
	return int(r.scaled(name, sizes, int64(fallback), 1, 1<<31-1, "a size such as 512KiB or 4MiB", "B", "4MiB"))
}

// URL is an absolute URL of one of the schemes, and required. It may hold a password, so that no message shows it. Several
// addresses may stand in it, with commas between.
func (r *Reader) URL(name string, schemes ...string) string {
	example := schemes[0] + "://127.0.0.1"
	text := r.values[name]
	if text == "" {
		r.wrong(name, "is not set", example, false)
		return ""
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found || rest == "" || !slices.Contains(schemes, scheme) {
		r.wrong(name, "must be a URL that starts with "+strings.Join(schemes, ":// or ")+"://", example, false)
	}
	return text
}

// OneOf is one of the values.
func (r *Reader) OneOf(name, fallback string, values ...string) string {
	text := r.Text(name, fallback)
	if !slices.Contains(values, text) {
		r.wrong(name, "must be one of "+strings.Join(values, ", "), fallback, true)
	}
	return text
}

// File reads the file that the setting names; nil where it is not set.
func (r *Reader) File(name string) []byte {
	path := r.values[name]
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.Fail(fmt.Sprintf("%s: %v. It names a file in PEM", name, err))
	}
	return content
}
