package domain

import (
	"context"
	"time"
)

// Projector brings announced states into the read model.
type Projector func(ctx context.Context, stocks []*Stock) error

// NewProjector makes one that does a single set-based write per batch, the newest version of each key.
func NewProjector(store Store, metrics ProjectionMetrics, now func() time.Time) Projector {
	return func(ctx context.Context, stocks []*Stock) error {
		written, err := store.Apply(ctx, NewestPerKey(stocks))
		if err != nil {
			return err
		}
		metrics.Projected(len(stocks), written)
		readable := now()
		for _, stock := range stocks {
			metrics.Freshness(max(0, readable.Sub(stock.ChangeTime)))
		}
		return nil
	}
}
