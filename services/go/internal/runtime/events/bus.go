// Package events is the event bus on NATS JetStream, with the streams, consumers, headers and dead letters of the TypeScript
// runtime: processes of both languages may share a durable.
package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	connectTimeout = 10 * time.Second
	requestTimeout = 5 * time.Second
	reconnectWait  = 250 * time.Millisecond
	pingInterval   = 10 * time.Second
)

// Event is one event as it was received.
type Event struct {
	// ID is the event's unique id, or its place in the stream where it came without one.
	ID string
	// Subject is the full name of the payload's message type.
	Subject string
	// Data is the protobuf message in binary form.
	Data []byte
	// Header has the other headers, such as `traceparent`.
	Header nats.Header
	// Attempt is 1 for the first delivery; also deliveries to a process that was killed count.
	Attempt int
}

// Bus is a connection to JetStream. It is safe for concurrent use.
type Bus struct {
	connection *nats.Conn
	client     jetstream.JetStream
	log        *slog.Logger
}

// Connect waits for the server up to 10 seconds, and creates the streams that are missing. A connection that is lost later is restored
// in the background for as long as it takes; subscriptions wait.
func Connect(ctx context.Context, url, name string, log *slog.Logger) (*Bus, error) {
	connection, err := open(ctx, url, name, log)
	if err != nil {
		return nil, err
	}
	client, err := jetstream.New(connection)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		err = ensureStreams(ctx, client)
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &Bus{connection, client, log}, nil
}

func open(ctx context.Context, url, name string, log *slog.Logger) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.PingInterval(pingInterval), nats.Timeout(connectTimeout),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("event bus: disconnect", "err", err.Error())
			}
		}),
		nats.ReconnectHandler(func(connection *nats.Conn) { log.Warn("event bus: reconnect", "server", connection.ConnectedAddr()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("event bus: error", "err", err.Error()) }),
	}
	deadline := time.Now().Add(connectTimeout)
	for {
		connection, err := nats.Connect(url, options...)
		if err == nil {
			return connection, nil
		}
		if ctx.Err() != nil || time.Now().Add(reconnectWait).After(deadline) {
			return nil, fmt.Errorf("the event bus cannot be reached within %v: %w", connectTimeout, err)
		}
		pause(ctx, reconnectWait)
	}
}

// Ping answers an error where the server does not answer until the context is done, or for 5 seconds.
func (b *Bus) Ping(ctx context.Context) error {
	return b.flush(ctx)
}

// flush waits for the server's answer, at most requestTimeout.
func (b *Bus) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return b.connection.FlushWithContext(ctx)
}

// Close sends what is still to be sent and disconnects.
func (b *Bus) Close(ctx context.Context) error {
	err := b.flush(ctx)
	b.connection.Close()
	if errors.Is(err, nats.ErrConnectionClosed) {
		return nil
	}
	return err
}

// pause waits, or returns early when the context is done.
func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}
