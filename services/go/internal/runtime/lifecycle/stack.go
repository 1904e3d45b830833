// Package lifecycle starts and stops a process: what was acquired is released in reverse order under one deadline; the first
// signal drains, the second one ends the process at once.
package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lateRelease is what a release gets that is reached after the deadline.
const lateRelease = 50 * time.Millisecond

type release struct {
	name string
	run  func(context.Context) error
}

// Stack remembers what was acquired. It is not safe for concurrent use.
type Stack struct {
	releases []release
}

// Push remembers how to give back what was just acquired. `run` should end when its context does.
func (s *Stack) Push(name string, run func(context.Context) error) {
	s.releases = append(s.releases, release{name, run})
}

// Release runs every release, the last first, and answers every error. What is not done by the deadline is left behind, and
// the rest still gets a moment each. A second call does nothing.
func (s *Stack) Release(timeout time.Duration) []error {
	var failures []error
	deadline := time.Now().Add(timeout)
	for _, release := range slices.Backward(s.releases) {
		if err := runRelease(release, max(lateRelease, time.Until(deadline))); err != nil {
			failures = append(failures, err)
		}
	}
	s.releases = nil
	return failures
}

func runRelease(release release, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- release.run(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s did not stop cleanly: %w", release.name, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s did not stop in time", release.name)
	}
}
