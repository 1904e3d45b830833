package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// minAckPending: unacknowledged events of one durable, over all processes that share it, are at most this or four batches.
	minAckPending = 1_000
	// ephemeralInactive is how long the server keeps an ephemeral consumer whose process is gone.
	ephemeralInactive = 30 * time.Second
	restartPause      = 500 * time.Millisecond
	// ackWait is how long after the death of a process the events come again that it had taken; one that lives says so in time.
	ackWait = 4 * time.Second
	// pullExpiry is how long one pull waits; pullHeartbeat is how often the server says that it is still there. Two heartbeats missed,
	// the subscription is opened again: the consumer may be gone without a word, as an ephemeral one is when the server restarts.
	pullExpiry    = 10 * time.Second
	pullHeartbeat = 2 * time.Second
	// breakOffNotice is how long before it is noticed a subscription may have been broken off.
	breakOffNotice = 3 * pullHeartbeat
)

// Handler handles a batch. Where it answers an error, each event of the batch is handed over alone, so that a poison message fails
// alone; an error that is an ErrTransient is tried again where it is.
type Handler func(ctx context.Context, events []Event) error

// ErrTransient marks failures that say nothing about the event: the store or another service cannot be reached.
var ErrTransient = errors.New("not reachable now")

// SubscribeOptions say what to subscribe to.
type SubscribeOptions struct {
	// Stream and Subject say where the events are.
	Stream, Subject string
	// Durable is the name under which processes share the work; an ephemeral subscription uses it only for the log.
	Durable string
	// Ephemeral: this process gets every event from now on, some of them twice where the subscription breaks off. Nothing is kept while
	// it is away, and failures are not repeated.
	Ephemeral bool
	// BatchSize is the most events handed over at once.
	BatchSize int
}

// Subscription is a running subscription.
type Subscription struct {
	bus     *Bus
	options SubscribeOptions
	handler Handler
	stop    context.CancelFunc
	stopped chan struct{}
	// failures counts how often the handler failed here at an event, by its id; it belongs to one goroutine at a time. Deliveries are no
	// measure of that: a process that is restarted again and again takes the same events each time.
	failures map[string]int
	// resume is where an ephemeral subscription goes on after it broke off; zero before that. It belongs to one goroutine at a time.
	resume time.Time
}

// Subscribe starts pulling. The consumer is created, or brought to these settings; where it is deleted meanwhile, it is made again.
func (b *Bus) Subscribe(ctx context.Context, options SubscribeOptions, handler Handler) (*Subscription, error) {
	running, stop := context.WithCancel(context.Background())
	s := &Subscription{bus: b, options: options, handler: handler, stop: stop, stopped: make(chan struct{}), failures: map[string]int{}}
	messages, err := s.open(ctx)
	if err != nil {
		stop()
		return nil, fmt.Errorf("subscription %s: %w", options.Durable, err)
	}
	go s.run(running, messages)
	return s, nil
}

// Drain stops pulling, waits for the handler that is running, and acknowledges what it finished.
func (s *Subscription) Drain(ctx context.Context) error {
	s.stop()
	select {
	case <-s.stopped:
		return s.bus.flush(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Subscription) run(ctx context.Context, messages jetstream.MessagesContext) {
	defer close(s.stopped)
	for ctx.Err() == nil {
		s.consume(ctx, messages)
		s.resume = time.Now().Add(-breakOffNotice)
		for ctx.Err() == nil {
			pause(ctx, restartPause)
			again, err := s.open(ctx)
			if err == nil {
				messages = again
				break
			}
			s.bus.log.Warn("cannot subscribe again yet", "subscription", s.options.Durable, "err", err.Error())
		}
	}
}

func (s *Subscription) open(ctx context.Context) (jetstream.MessagesContext, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	consumer, err := s.ensureConsumer(ctx)
	if err != nil {
		return nil, err
	}
	return consumer.Messages(jetstream.PullMaxMessages(s.options.BatchSize), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
}

func (s *Subscription) ensureConsumer(ctx context.Context) (jetstream.Consumer, error) {
	client, options := s.bus.client, s.options
	if options.Ephemeral {
		config := jetstream.ConsumerConfig{
			FilterSubject: options.Subject, AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverNewPolicy,
			InactiveThreshold: ephemeralInactive, MemoryStorage: true,
		}
		if !s.resume.IsZero() {
			config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &s.resume
		}
		return client.CreateConsumer(ctx, options.Stream, config)
	}
	config := jetstream.ConsumerConfig{Durable: options.Durable, DeliverPolicy: jetstream.DeliverAllPolicy}
	known, err := client.Consumer(ctx, options.Stream, options.Durable)
	if err == nil {
		config = known.CachedInfo().Config
	} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	config.FilterSubject, config.FilterSubjects = options.Subject, nil
	config.AckPolicy, config.AckWait = jetstream.AckExplicitPolicy, ackWait
	config.MaxAckPending = max(minAckPending, options.BatchSize*4)
	// Attempts are counted here, so that the dead letter is written before the server gives up.
	config.MaxDeliver = -1
	return client.CreateOrUpdateConsumer(ctx, options.Stream, config)
}

// consume handles what the pull yields until it ends; gives back what it has taken but not handled.
func (s *Subscription) consume(ctx context.Context, messages jetstream.MessagesContext) {
	queue := make(chan jetstream.Msg, s.options.BatchSize)
	held := newHeldMessages()
	if !s.options.Ephemeral {
		ended := make(chan struct{})
		defer close(ended)
		go held.tell(ended)
	}
	go func() {
		defer close(queue)
		for {
			message, err := messages.Next()
			if err != nil {
				if !errors.Is(err, jetstream.ErrMsgIteratorClosed) {
					s.bus.log.Warn("a subscription broke off", "subscription", s.options.Durable, "err", err.Error())
				}
				messages.Stop()
				return
			}
			if !s.options.Ephemeral {
				held.add(message)
			}
			queue <- message
		}
	}()
	defer context.AfterFunc(ctx, messages.Drain)()
	for {
		batch := take(queue, s.options.BatchSize)
		switch {
		case batch == nil:
			return
		case s.options.Ephemeral:
			if ctx.Err() == nil {
				s.handleOnce(ctx, batch)
			}
		case ctx.Err() != nil:
			for _, message := range batch {
				_ = message.Nak()
			}
		default:
			s.handleDurable(ctx, batch)
		}
	}
}

// take waits for one message and takes what else is there, at most `limit`; nil where the pull has ended.
func take(queue <-chan jetstream.Msg, limit int) []jetstream.Msg {
	first, open := <-queue
	if !open {
		return nil
	}
	batch := append(make([]jetstream.Msg, 0, min(limit, len(queue)+1)), first)
	for len(batch) < limit {
		select {
		case message, open := <-queue:
			if !open {
				return batch
			}
			batch = append(batch, message)
		default:
			return batch
		}
	}
	return batch
}

func toEvent(message jetstream.Msg) Event {
	event := Event{Subject: message.Subject(), Data: message.Data(), Header: message.Headers(), ID: message.Headers().Get(nats.MsgIdHdr), Attempt: 1}
	if metadata, err := message.Metadata(); err == nil {
		event.Attempt = int(metadata.NumDelivered)
		if event.ID == "" {
			event.ID = fmt.Sprintf("%s/%d", metadata.Stream, metadata.Sequence.Stream)
		}
	}
	return event
}

func toEvents(messages []jetstream.Msg) []Event {
	events := make([]Event, len(messages))
	for i, message := range messages {
		events[i] = toEvent(message)
	}
	return events
}
