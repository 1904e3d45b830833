package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// recorder is a handler that remembers how often it got each event, by its payload.
type recorder struct {
	mutex sync.Mutex
	seen  map[string]int
	batch int
	fail  func(events []Event) error
}

func (r *recorder) handle(_ context.Context, events []Event) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.batch = max(r.batch, len(events))
	if r.fail != nil {
		if err := r.fail(events); err != nil {
			return err
		}
	}
	for _, event := range events {
		r.seen[string(event.Data)]++
	}
	return nil
}

func (r *recorder) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.seen)
}

// openTestBus connects to TEST_NATS_URL; the subject and the durable are new ones, so that tests can share a server.
func openTestBus(t *testing.T) (*Bus, SubscribeOptions) {
	t.Helper()
	url := os.Getenv("TEST_NATS_URL")
	if url == "" {
		t.Skip("TEST_NATS_URL is not set")
	}
	bus, err := Connect(t.Context(), url, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("go-%d", rand.Uint64())
	t.Cleanup(func() {
		_ = bus.client.DeleteConsumer(context.Background(), Product, name)
		_ = bus.Close(context.Background())
	})
	return bus, SubscribeOptions{Stream: Product, Subject: "flashdeal.product.v1.Test" + name, Durable: name, BatchSize: 50}
}

func publish(t *testing.T, bus *Bus, options SubscribeOptions, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := bus.client.Publish(t.Context(), options.Subject, fmt.Append(nil, i), jetstream.WithMsgID(fmt.Sprint(options.Durable, i))); err != nil {
			t.Fatal(err)
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func subscribeTest(t *testing.T, bus *Bus, options SubscribeOptions, handler Handler) *Subscription {
	t.Helper()
	subscription, err := bus.Subscribe(t.Context(), options, handler)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscription.Drain(context.Background()) })
	return subscription
}

func TestDurableGetsEverythingOnceAndKeepsItsPlace(t *testing.T) {
	bus, options := openTestBus(t)
	publish(t, bus, options, 0, 200)
	first, second := &recorder{seen: map[string]int{}}, &recorder{seen: map[string]int{}}
	subscription := subscribeTest(t, bus, options, first.handle)
	eventually(t, "the first process gets what was there", func() bool { return first.count() == 200 })
	if err := subscription.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, bus, options, 200, 250)
	subscribeTest(t, bus, options, second.handle)
	eventually(t, "the second goes on", func() bool { return second.count() == 50 })
	for data, times := range first.seen {
		if times != 1 {
			t.Errorf("event %s came %d times", data, times)
		}
	}
	if first.batch > options.BatchSize || first.batch < 2 {
		t.Error("batches of", first.batch)
	}
}

func TestPoisonGoesToTheDeadLettersWithoutItsNeighbours(t *testing.T) {
	saved := backoff
	backoff = []time.Duration{time.Millisecond}
	t.Cleanup(func() { backoff = saved })
	bus, options := openTestBus(t)
	publish(t, bus, options, 0, 20)
	recorder := &recorder{seen: map[string]int{}, fail: func(events []Event) error {
		for _, event := range events {
			if string(event.Data) == "7" {
				return errors.New("poison\nfor good")
			}
		}
		return nil
	}}
	subscribeTest(t, bus, options, recorder.handle)
	eventually(t, "the neighbours are handled", func() bool { return recorder.count() == 19 })
	letters, err := bus.client.OrderedConsumer(t.Context(), "DEAD_LETTERS", jetstream.OrderedConsumerConfig{FilterSubjects: []string{deadLetterSubject + options.Durable}})
	if err != nil {
		t.Fatal(err)
	}
	letter, err := letters.Next(jetstream.FetchMaxWait(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	header := letter.Headers()
	if string(letter.Data()) != "7" || header.Get("deadletter-subject") != options.Subject || header.Get("deadletter-error") != "poison for good" || header.Get(nats.MsgIdHdr) == "" {
		t.Error(string(letter.Data()), header)
	}
}

func TestWhatWasTakenByKilledProcessesIsNoDeadLetterForThat(t *testing.T) {
	saved := backoff
	backoff = []time.Duration{time.Millisecond}
	t.Cleanup(func() { backoff = saved })
	bus, options := openTestBus(t)
	publish(t, bus, options, 0, 5)
	consumer, err := bus.client.CreateConsumer(t.Context(), options.Stream, jetstream.ConsumerConfig{
		Durable: options.Durable, FilterSubject: options.Subject, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range maxAttempts + 1 {
		batch, err := consumer.Fetch(5, jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		taken := 0
		for range batch.Messages() {
			taken++
		}
		if taken != 5 {
			t.Fatal("taken", taken)
		}
	}
	failed := map[string]bool{}
	recorder := &recorder{seen: map[string]int{}, fail: func(events []Event) error {
		for _, event := range events {
			if data := string(event.Data); !failed[data] {
				failed[data] = true
				return errors.New("fails once")
			}
		}
		return nil
	}}
	subscribeTest(t, bus, options, recorder.handle)
	eventually(t, "each is handled the second time", func() bool { return recorder.count() == 5 })
}

func TestTransientFailuresAreTriedAgainAndCountForNothing(t *testing.T) {
	saved := transientBackoff
	transientBackoff = []time.Duration{time.Millisecond}
	t.Cleanup(func() { transientBackoff = saved })
	bus, options := openTestBus(t)
	publish(t, bus, options, 0, 10)
	failures := 0
	recorder := &recorder{seen: map[string]int{}, fail: func([]Event) error {
		if failures++; failures < 20 {
			return fmt.Errorf("%w: test", ErrTransient)
		}
		return nil
	}}
	subscribeTest(t, bus, options, recorder.handle)
	eventually(t, "the events are handled in the end", func() bool { return recorder.count() == 10 })
}

func TestEphemeralGetsWhatIsNewInEachProcess(t *testing.T) {
	bus, options := openTestBus(t)
	options.Ephemeral = true
	publish(t, bus, options, 0, 5)
	first, second := &recorder{seen: map[string]int{}}, &recorder{seen: map[string]int{}}
	subscribeTest(t, bus, options, first.handle)
	subscribeTest(t, bus, options, second.handle)
	publish(t, bus, options, 5, 15)
	eventually(t, "both get what is new", func() bool { return first.count() == 10 && second.count() == 10 })
}

func TestEphemeralThatIsDeletedMissesNothing(t *testing.T) {
	bus, options := openTestBus(t)
	options.Ephemeral = true
	recorder := &recorder{seen: map[string]int{}}
	subscribeTest(t, bus, options, recorder.handle)
	var deleted int
	for info := range bus.consumers(t) {
		if info.Config.FilterSubject == options.Subject {
			deleted++
			if err := bus.client.DeleteConsumer(t.Context(), Product, info.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish(t, bus, options, 0, 5)
	eventually(t, "events come again", func() bool { return recorder.count() == 5 })
	if deleted != 1 {
		t.Error(deleted, "consumers were deleted")
	}
}

func (b *Bus) consumers(t *testing.T) <-chan *jetstream.ConsumerInfo {
	t.Helper()
	stream, err := b.client.Stream(t.Context(), Product)
	if err != nil {
		t.Fatal(err)
	}
	return stream.ListConsumers(t.Context()).Info()
}

func TestDurableThatIsDeletedIsMadeAgain(t *testing.T) {
	bus, options := openTestBus(t)
	recorder := &recorder{seen: map[string]int{}}
	subscribeTest(t, bus, options, recorder.handle)
	if err := bus.client.DeleteConsumer(t.Context(), Product, options.Durable); err != nil {
		t.Fatal(err)
	}
	publish(t, bus, options, 0, 5)
	eventually(t, "events come again", func() bool { return recorder.count() == 5 })
}
