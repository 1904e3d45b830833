package store

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"flashdeal/internal/stockquery/domain"
)

// Outcomes of reading a key through the near cache.
const (
	// OutcomeHit was answered from memory.
	OutcomeHit Outcome = iota
	// OutcomeMiss was read from the store.
	OutcomeMiss
	// OutcomeStale was answered from memory past its age, as the store was away.
	OutcomeStale
)

// Outcome is how a key was answered.
type Outcome int

// NearCacheOptions are the limits of a near cache, and whom it tells. The functions are called concurrently.
type NearCacheOptions struct {
	// MaxEntries is the most keys kept; the least recently read go first.
	MaxEntries int
	// MaxAge: after this long without news an entry is read from the store again, so that a lost message heals. 0: nothing is kept.
	MaxAge time.Duration
	// OnNewer is told of states that are newer than what was cached, or were not cached.
	OnNewer func(*domain.Stock)
	// OnRead is told how a key was answered.
	OnRead func(Outcome)
}

// NearCache is a reader in front of the store that knows most answers already. It never answers an older version than it has
// answered before, as long as the entry lasts. It is safe for concurrent use.
type NearCache struct {
	options NearCacheOptions
	loader  *loader
	now     func() time.Time
	mutex   sync.Mutex
	entries *simplelru.LRU[domain.Key, entry]
}

type entry struct {
	// stock is nil where the store has no such key.
	stock   *domain.Stock
	checked time.Time
}

// NewNearCache makes an empty cache over the store.
func NewNearCache(store domain.Reader, options NearCacheOptions) (*NearCache, error) {
	entries, err := simplelru.NewLRU[domain.Key, entry](options.MaxEntries, nil)
	if err != nil {
		return nil, err
	}
	return &NearCache{options: options, loader: newLoader(store), now: time.Now, entries: entries}, nil
}

// Get answers from memory where the entry is young enough, and reads the store otherwise.
func (c *NearCache) Get(ctx context.Context, key domain.Key) (*domain.Stock, error) {
	if stock, young := c.peek(key, true); young {
		c.options.OnRead(OutcomeHit)
		return stock, nil
	}
	found, err := c.loader.load(ctx, key)
	return c.settle(key, found, err)
}

// GetMany answers each key as Get does, and reads what it has to in one round trip.
func (c *NearCache) GetMany(ctx context.Context, keys []domain.Key) ([]*domain.Stock, error) {
	answers := make([]*domain.Stock, len(keys))
	var missing []domain.Key
	places := make(map[domain.Key][]int)
	for i, key := range keys {
		if stock, young := c.peek(key, true); young {
			c.options.OnRead(OutcomeHit)
			answers[i] = stock
			continue
		}
		if places[key] == nil {
			missing = append(missing, key)
		}
		places[key] = append(places[key], i)
	}
	if len(missing) == 0 {
		return answers, nil
	}
	found, failure := c.loader.loadMany(ctx, missing)
	for i, key := range missing {
		stock, err := c.settle(key, found[i], failure)
		if err != nil {
			return nil, err
		}
		for _, place := range places[key] {
			answers[place] = stock
		}
	}
	return answers, nil
}

// settle keeps what was found. Events still reach the cache while the store is away: an old answer is better than none.
func (c *NearCache) settle(key domain.Key, found *domain.Stock, failure error) (*domain.Stock, error) {
	if failure == nil {
		c.options.OnRead(OutcomeMiss)
		return c.keep(key, found), nil
	}
	last, _ := c.peek(key, false)
	if last == nil {
		return nil, failure
	}
	c.options.OnRead(OutcomeStale)
	return last, nil
}

// Put takes an announced state; one older than what is cached is dropped.
func (c *NearCache) Put(stock *domain.Stock) {
	if known, _ := c.peek(stock.Key, false); known != nil && known.Version > stock.Version {
		return
	}
	c.keep(stock.Key, stock)
}

// peek answers what is cached and whether it is young enough.
func (c *NearCache) peek(key domain.Key, read bool) (*domain.Stock, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	lookUp := c.entries.Peek
	if read {
		lookUp = c.entries.Get
	}
	cached, known := lookUp(key)
	return cached.stock, known && c.now().Sub(cached.checked) < c.options.MaxAge
}

// keep keeps the newer of what is cached and what was found, and answers it.
func (c *NearCache) keep(key domain.Key, found *domain.Stock) *domain.Stock {
	c.mutex.Lock()
	cached, _ := c.entries.Peek(key)
	newer := found != nil && found.NewerThan(cached.stock)
	if newer {
		cached.stock = found
	}
	cached.checked = c.now()
	c.entries.Add(key, cached)
	c.mutex.Unlock()
	if newer {
		c.options.OnNewer(found)
	}
	return cached.stock
}
