package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"flashdeal/internal/stockquery/domain"
)

// memory is a store for tests that counts its reads and can be away.
type memory struct {
	mutex  sync.Mutex
	stocks map[domain.Key]*domain.Stock
	reads  int
	away   bool
	delay  time.Duration
}

func (m *memory) Get(ctx context.Context, key domain.Key) (*domain.Stock, error) {
	stocks, err := m.GetMany(ctx, []domain.Key{key})
	if err != nil {
		return nil, err
	}
	return stocks[0], nil
}

func (m *memory) GetMany(_ context.Context, keys []domain.Key) ([]*domain.Stock, error) {
	time.Sleep(m.delay)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.reads++
	if m.away {
		return nil, fmt.Errorf("%w: test", domain.ErrStoreUnavailable)
	}
	answers := make([]*domain.Stock, len(keys))
	for i, key := range keys {
		answers[i] = m.stocks[key]
	}
	return answers, nil
}

func stock(item string, version int64) *domain.Stock {
	return &domain.Stock{Key: domain.Key{VendorItemID: item, FulfillmentCenterID: "fc"}, OnHand: 100, Version: version, ChangeTime: time.UnixMilli(1_700_000_000_000 + version)}
}

type fixture struct {
	*NearCache
	store    *memory
	now      time.Time
	newer    []int64
	outcomes map[Outcome]int
}

func newFixture(t *testing.T, maxEntries int, stocks ...*domain.Stock) *fixture {
	t.Helper()
	f := &fixture{store: &memory{stocks: map[domain.Key]*domain.Stock{}}, now: time.Unix(0, 0), outcomes: map[Outcome]int{}}
	for _, stock := range stocks {
		f.store.stocks[stock.Key] = stock
	}
	cache, err := NewNearCache(f.store, NearCacheOptions{
		MaxEntries: maxEntries, MaxAge: time.Second,
		OnNewer: func(stock *domain.Stock) { f.newer = append(f.newer, stock.Version) },
		OnRead:  func(outcome Outcome) { f.outcomes[outcome]++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	cache.now = func() time.Time { return f.now }
	f.NearCache = cache
	return f
}

func (f *fixture) version(t *testing.T, item string) int64 {
	t.Helper()
	found, err := f.Get(t.Context(), stock(item, 0).Key)
	if err != nil {
		t.Fatal(err)
	}
	if found == nil {
		return 0
	}
	return found.Version
}

func TestNearCacheReadsTheStoreOnceUntilItsAge(t *testing.T) {
	f := newFixture(t, 10, stock("a", 1))
	for range 3 {
		if got := f.version(t, "a"); got != 1 {
			t.Error(got)
		}
		if got := f.version(t, "none"); got != 0 {
			t.Error(got)
		}
	}
	if f.store.reads != 2 || f.outcomes[OutcomeHit] != 4 || f.outcomes[OutcomeMiss] != 2 {
		t.Error(f.store.reads, f.outcomes)
	}
	f.now = f.now.Add(time.Second)
	f.store.stocks[stock("a", 0).Key] = stock("a", 2)
	if got := f.version(t, "a"); got != 2 {
		t.Error("a lost message did not heal:", got)
	}
}

func TestNearCacheNeverGoesBack(t *testing.T) {
	f := newFixture(t, 10, stock("a", 1))
	f.Put(stock("a", 5))
	f.Put(stock("a", 4))
	f.now = f.now.Add(time.Minute)
	if got := f.version(t, "a"); got != 5 {
		t.Error("the store's older state was answered:", got)
	}
	if fmt.Sprint(f.newer) != "[5]" {
		t.Error(f.newer)
	}
}

func TestNearCacheAnswersWhatItKnowsWhileTheStoreIsAway(t *testing.T) {
	f := newFixture(t, 10, stock("a", 1))
	f.version(t, "a")
	f.store.away = true
	f.now = f.now.Add(time.Minute)
	if got := f.version(t, "a"); got != 1 || f.outcomes[OutcomeStale] != 1 {
		t.Error(got, f.outcomes)
	}
	f.Put(stock("a", 2))
	if got := f.version(t, "a"); got != 2 {
		t.Error(got)
	}
	if _, err := f.Get(t.Context(), stock("unknown", 0).Key); err == nil {
		t.Error("an unknown key was answered")
	}
	if _, err := f.GetMany(t.Context(), []domain.Key{stock("a", 0).Key, stock("unknown", 0).Key}); err == nil {
		t.Error("an unknown key was answered")
	}
}

func TestNearCacheKeepsTheKeysThatAreReadMost(t *testing.T) {
	f := newFixture(t, 2, stock("a", 1), stock("b", 1), stock("c", 1))
	for _, item := range []string{"a", "b", "a", "c", "a"} {
		f.version(t, item)
	}
	if f.store.reads != 3 {
		t.Error("the key in use was dropped:", f.store.reads, "reads")
	}
}

func TestNearCacheGetManyReadsOnceInTheOrderOfTheKeys(t *testing.T) {
	f := newFixture(t, 10, stock("a", 1), stock("b", 2), stock("c", 3))
	f.version(t, "b")
	var keys []domain.Key
	for _, item := range []string{"c", "none", "b", "a", "c"} {
		keys = append(keys, stock(item, 0).Key)
	}
	found, err := f.GetMany(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if found[0].Version != 3 || found[1] != nil || found[2].Version != 2 || found[3].Version != 1 || found[4] != found[0] || f.store.reads != 2 {
		t.Error(found, f.store.reads)
	}
}

func TestLoaderSharesOneReadAndOutlivesItsFirstCaller(t *testing.T) {
	store := &memory{stocks: map[domain.Key]*domain.Stock{stock("a", 0).Key: stock("a", 1)}, delay: 30 * time.Millisecond}
	loader := newLoader(store)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	var readers sync.WaitGroup
	readers.Go(func() {
		if _, err := loader.load(ctx, stock("a", 0).Key); err == nil {
			t.Error("a caller that gave up got an answer")
		}
	})
	time.Sleep(time.Millisecond)
	for range 10 {
		readers.Go(func() {
			if found, err := loader.load(t.Context(), stock("a", 0).Key); err != nil || found.Version != 1 {
				t.Error(found, err)
			}
		})
	}
	readers.Wait()
	if store.reads != 1 || len(loader.loading) != 0 {
		t.Error(store.reads, "reads,", len(loader.loading), "left")
	}
}
