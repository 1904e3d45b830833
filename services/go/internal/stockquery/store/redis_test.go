package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"flashdeal/internal/stockquery/domain"
)

func TestScriptIsTheSharedOne(t *testing.T) {
	shared, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "infra", "redis", "apply-stock.lua"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the module is not in its repository: infra/redis/apply-stock.lua is not there to compare with")
	}
	if err != nil || string(shared) != applyStock {
		t.Error("apply-stock.lua is not infra/redis/apply-stock.lua: copy it", err)
	}
}

// openTestRedis connects to TEST_REDIS_URL. Keys are new ones in each test, so that tests can share a Redis.
func openTestRedis(t *testing.T) (redis *Redis, item func(name string, version int64) *domain.Stock) {
	t.Helper()
	url := os.Getenv("TEST_REDIS_URL")
	if url == "" {
		t.Skip("TEST_REDIS_URL is not set")
	}
	redis, err := OpenRedis(url, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("go-%d-", rand.Int64())
	var mutex sync.Mutex
	keys := map[domain.Key]bool{}
	t.Cleanup(func() {
		for key := range keys {
			redis.client.Do(context.Background(), redis.client.B().Del().Key(redisKey(key)).Build())
		}
		redis.Close()
	})
	return redis, func(name string, version int64) *domain.Stock {
		made := stock(prefix+name, version)
		mutex.Lock()
		keys[made.Key] = true
		mutex.Unlock()
		return made
	}
}

func TestRedisNewestVersionWins(t *testing.T) {
	redis, item := openTestRedis(t)
	huge := item("a", 1<<53-1)
	huge.OnHand = 1 << 62
	for _, step := range []struct {
		stocks  []*domain.Stock
		written int
	}{
		{nil, 0},
		{[]*domain.Stock{item("a", 5), item("b", 5)}, 2},
		{[]*domain.Stock{item("a", 4)}, 0},
		{[]*domain.Stock{item("a", 6), item("b", 4), item("c", 1)}, 2},
		{[]*domain.Stock{huge}, 1},
	} {
		written, err := redis.Apply(t.Context(), step.stocks)
		if err != nil || written != step.written {
			t.Errorf("%d written, not %d: %v", written, step.written, err)
		}
	}
	found, err := redis.GetMany(t.Context(), []domain.Key{item("b", 0).Key, item("none", 0).Key, item("a", 0).Key, item("c", 0).Key})
	if err != nil {
		t.Fatal(err)
	}
	if found[0].Version != 5 || found[1] != nil || *found[2] != *huge || found[3].Version != 1 {
		t.Error(found)
	}
}

func TestRedisWritersThatRaceLeaveTheNewestVersion(t *testing.T) {
	redis, item := openTestRedis(t)
	var writers sync.WaitGroup
	for _, version := range rand.Perm(40) {
		writers.Go(func() {
			var batch []*domain.Stock
			for i := range 20 {
				batch = append(batch, item(fmt.Sprint(i), int64(version+1)))
			}
			if _, err := redis.Apply(t.Context(), batch); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	for i := range 20 {
		if found, err := redis.Get(t.Context(), item(fmt.Sprint(i), 0).Key); err != nil || found.Version != 40 {
			t.Error(found, err)
		}
	}
}

func TestRedisThatIsAwayIsUnavailable(t *testing.T) {
	redis, item := openTestRedis(t)
	redis.client.Close()
	_, err := redis.Get(t.Context(), item("a", 0).Key)
	if !errors.Is(err, domain.ErrStoreUnavailable) {
		t.Error(err)
	}
	if _, err := redis.Apply(t.Context(), []*domain.Stock{item("a", 1)}); !errors.Is(err, domain.ErrStoreUnavailable) {
		t.Error(err)
	}
}
