package events

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxAttempts is how often the handler fails at one event, in one process, before it goes to the dead letters.
	maxAttempts = 5
	// maxBatched: what one process had taken when it was killed comes in batches again. What was taken twice in vain may have killed it, and
	// comes alone.
	maxBatched = 2
	// maxCounted is the most events whose failures are counted at a time. Then the count begins anew: some are tried some times more.
	maxCounted     = 10_000
	maxErrorLength = 1_000
)

// backoff has the pauses before attempt 2, 3, …; transientBackoff those between tries of a handler whose surroundings are down. The
// last one repeats.
var (
	backoff          = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second}
	transientBackoff = []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}
)

func (s *Subscription) handleOnce(ctx context.Context, messages []jetstream.Msg) {
	if err := s.handler(ctx, toEvents(messages)); err != nil {
		s.bus.log.Warn("an ephemeral subscription lost events", "subscription", s.options.Durable, "events", len(messages), "err", err.Error())
	}
}

// handleDurable handles what is new as a batch, and what failed before alone: it does not get to spoil a batch again.
func (s *Subscription) handleDurable(ctx context.Context, messages []jetstream.Msg) {
	var fresh, again []jetstream.Msg
	for _, message := range messages {
		if event := toEvent(message); s.failures[event.ID] > 0 || event.Attempt > maxBatched {
			again = append(again, message)
		} else {
			fresh = append(fresh, message)
		}
	}
	if len(fresh) > 1 {
		err := s.runHandler(ctx, fresh)
		if err == nil {
			for _, message := range fresh {
				_ = message.Ack()
			}
			fresh = nil
		} else {
			s.bus.log.Warn("a batch of events failed; handling them one by one", "subscription", s.options.Durable, "events", len(fresh), "err", err.Error())
		}
	}
	for _, message := range append(fresh, again...) {
		s.handleAlone(ctx, message)
	}
}

func (s *Subscription) handleAlone(ctx context.Context, message jetstream.Msg) {
	if ctx.Err() != nil {
		_ = message.Nak()
		return
	}
	event := toEvent(message)
	err := s.runHandler(ctx, []jetstream.Msg{message})
	failed := s.failures[event.ID] + 1
	switch {
	case err == nil:
		delete(s.failures, event.ID)
		_ = message.Ack()
	case ctx.Err() != nil:
		_ = message.Nak()
	case failed < maxAttempts:
		if len(s.failures) >= maxCounted {
			clear(s.failures)
		}
		s.failures[event.ID] = failed
		_ = message.NakWithDelay(nth(backoff, failed-1))
	default:
		s.bus.log.Error("an event failed for good", "subscription", s.options.Durable, "eventId", event.ID, "subject", event.Subject, "err", err.Error())
		if failure := s.publishDeadLetter(ctx, event, err); failure != nil {
			s.bus.log.Error("cannot write a dead letter; the event is delivered again", "subscription", s.options.Durable, "err", failure.Error())
			_ = message.NakWithDelay(nth(backoff, failed-1))
			return
		}
		delete(s.failures, event.ID)
		_ = message.Ack()
	}
}

// runHandler runs the handler until it succeeds or fails for a reason of its own.
func (s *Subscription) runHandler(ctx context.Context, messages []jetstream.Msg) error {
	events := toEvents(messages)
	for attempt := 0; ; attempt++ {
		err := s.handler(context.WithoutCancel(ctx), events)
		if !errors.Is(err, ErrTransient) || ctx.Err() != nil {
			return err
		}
		wait := nth(transientBackoff, attempt)
		s.bus.log.Warn("events wait for what their handler needs", "subscription", s.options.Durable, "pauseMs", wait.Milliseconds(), "err", err.Error())
		pause(ctx, wait)
	}
}

// nth answers the value at the place, or the last one.
func nth(values []time.Duration, place int) time.Duration {
	return values[min(place, len(values)-1)]
}

var unprintable = regexp.MustCompile(`[^\x20-\x7e]+`)

func (s *Subscription) publishDeadLetter(ctx context.Context, event Event, cause error) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err := s.bus.client.PublishMsg(ctx, deadLetter(event, s.options.Durable, cause))
	return err
}

// deadLetter is what is published where an event has failed for good: the same payload, and why.
func deadLetter(event Event, durable string, cause error) *nats.Msg {
	letter := nats.NewMsg(deadLetterSubject + durable)
	letter.Data = event.Data
	for name, values := range event.Header {
		if !strings.HasPrefix(name, "Nats-") && len(values) > 0 {
			letter.Header.Set(strings.ToLower(name), values[0])
		}
	}
	letter.Header.Set("deadletter-subject", event.Subject)
	letter.Header.Set("deadletter-event-id", event.ID)
	// A header is one line of printable text.
	text := unprintable.ReplaceAllString(cause.Error(), " ")
	letter.Header.Set("deadletter-error", text[:min(len(text), maxErrorLength)])
	letter.Header.Set(nats.MsgIdHdr, durable+"/"+event.ID)
	return letter
}
