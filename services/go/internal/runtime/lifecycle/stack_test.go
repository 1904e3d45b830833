package lifecycle

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"flashdeal/internal/runtime/config"
)

func TestStackReleasesTheLastFirstAndAnswersEveryError(t *testing.T) {
	var stack Stack
	var order []string
	push := func(name string, err error) {
		stack.Push(name, func(context.Context) error { order = append(order, name); return err })
	}
	push("database", nil)
	push("bus", errors.New("broken"))
	push("listener", nil)
	failures := stack.Release(time.Second)
	if !slices.Equal(order, []string{"listener", "bus", "database"}) {
		t.Error(order)
	}
	if len(failures) != 1 || failures[0].Error() != "bus did not stop cleanly: broken" {
		t.Error(failures)
	}
	if len(stack.Release(time.Second)) != 0 || len(order) != 3 {
		t.Error("a second release ran something")
	}
}

func TestStackLeavesBehindWhatIsNotDoneInTime(t *testing.T) {
	var stack Stack
	late := false
	stack.Push("next", func(context.Context) error { late = true; return nil })
	stack.Push("stuck", func(context.Context) error { select {} })
	begin := time.Now()
	failures := stack.Release(60 * time.Millisecond)
	if len(failures) != 1 || !late || time.Since(begin) > time.Second {
		t.Error(failures, late, time.Since(begin))
	}
}

func TestExitCodes(t *testing.T) {
	for err, want := range map[error]int{nil: ExitOK, errors.New("x"): ExitFailure, &config.Error{}: ExitConfig} {
		if got := exitCode(err); got != want {
			t.Errorf("%v exits with %d", err, got)
		}
	}
}
