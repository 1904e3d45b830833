package domain

import (
	"context"
	"errors"
	"time"
)

// Reader answers the stock of keys. It is safe for concurrent use.
type Reader interface {
	// Get answers nil for a key that was never announced.
	Get(ctx context.Context, key Key) (*Stock, error)
	// GetMany answers one stock per key, in the order of the keys.
	GetMany(ctx context.Context, keys []Key) ([]*Stock, error)
}

// Store is the read model.
type Store interface {
	Reader
	// Apply writes those states that are newer than what is stored, and answers how many. Each key at most once. Safe to repeat, in any
	// order, from any number of processes.
	Apply(ctx context.Context, stocks []*Stock) (int, error)
}

// ErrStoreUnavailable says that the read model cannot be reached now.
var ErrStoreUnavailable = errors.New("the read model is away")

// ProjectionMetrics is told what projecting did.
type ProjectionMetrics interface {
	// Projected: `written` of `announced` states were newer than the read model.
	Projected(announced, written int)
	// Freshness is the time from the change of a stock to the moment it could be read.
	Freshness(age time.Duration)
}
