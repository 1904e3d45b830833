package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// deadLetterSubject is followed by the durable whose handler failed.
	deadLetterSubject = "flashdeal.deadletter."
	day               = 24 * time.Hour
	gibibyte          = 1 << 30
)

// Product is the stream of the catalogue's and the inventory's events.
const Product = "PRODUCT"

// definitions are those of services/runtime/src/events/streams.ts, which keeps them up to date; here they are only created where
// they are missing, so that a process in Go may start first.
var definitions = []jetstream.StreamConfig{
	{Name: Product, Subjects: []string{"flashdeal.product.v1.>"}, MaxAge: 7 * day, MaxBytes: 2 * gibibyte},
	{Name: "DEAD_LETTERS", Subjects: []string{deadLetterSubject + ">"}, MaxAge: 30 * day, MaxBytes: gibibyte / 4},
}

func ensureStreams(ctx context.Context, client jetstream.JetStream) error {
	for _, definition := range definitions {
		definition.Duplicates = 2 * time.Minute
		definition.Storage = jetstream.FileStorage
		definition.Retention = jetstream.LimitsPolicy
		definition.Discard = jetstream.DiscardOld
		definition.Replicas = 1
		_, err := client.Stream(ctx, definition.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = client.CreateStream(ctx, definition)
		}
		// Somebody else may have created it meanwhile.
		if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return fmt.Errorf("stream %s: %w", definition.Name, err)
		}
	}
	return nil
}
