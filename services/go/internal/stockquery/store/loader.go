package store

import (
	"context"
	"sync"

	"flashdeal/internal/stockquery/domain"
)

// loader reads keys from the store. Callers that ask for the same key while it is loading share the answer, and a caller that gives
// up does not take it from the others. Reads of different keys share a round trip in the store's client. It is safe for concurrent use.
type loader struct {
	store   domain.Reader
	mutex   sync.Mutex
	loading map[domain.Key]*load
}

type load struct {
	done  chan struct{}
	stock *domain.Stock
	err   error
}

func newLoader(store domain.Reader) *loader {
	return &loader{store: store, loading: make(map[domain.Key]*load)}
}

func (l *loader) load(ctx context.Context, key domain.Key) (*domain.Stock, error) {
	stocks, err := l.loadMany(ctx, []domain.Key{key})
	return stocks[0], err
}

// loadMany answers one stock per key, also, with nils, beside an error. Each key at most once.
func (l *loader) loadMany(ctx context.Context, keys []domain.Key) ([]*domain.Stock, error) {
	loads := make([]*load, len(keys))
	var ours []domain.Key
	var started []*load
	l.mutex.Lock()
	for i, key := range keys {
		running := l.loading[key]
		if running == nil {
			running = &load{done: make(chan struct{})}
			l.loading[key] = running
			ours, started = append(ours, key), append(started, running)
		}
		loads[i] = running
	}
	l.mutex.Unlock()
	if len(ours) > 0 {
		go l.run(context.WithoutCancel(ctx), ours, started)
	}
	stocks := make([]*domain.Stock, len(keys))
	for i, load := range loads {
		select {
		case <-load.done:
		case <-ctx.Done():
			return stocks, ctx.Err()
		}
		if load.err != nil {
			return stocks, load.err
		}
		stocks[i] = load.stock
	}
	return stocks, nil
}

func (l *loader) run(ctx context.Context, keys []domain.Key, loads []*load) {
	var stocks []*domain.Stock
	var err error
	if len(keys) == 1 {
		stocks = make([]*domain.Stock, 1)
		stocks[0], err = l.store.Get(ctx, keys[0])
	} else {
		stocks, err = l.store.GetMany(ctx, keys)
	}
	l.mutex.Lock()
	for _, key := range keys {
		delete(l.loading, key)
	}
	l.mutex.Unlock()
	for i, load := range loads {
		if load.err = err; err == nil {
			load.stock = stocks[i]
		}
		close(load.done)
	}
}
