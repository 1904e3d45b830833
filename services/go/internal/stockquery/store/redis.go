// Package store keeps the read model: Redis, shared with every implementation of stock-query (infra/redis/README.md), and a near
// cache in front of it.
package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"flashdeal/internal/stockquery/domain"
)

// applyStock is a copy of infra/redis/apply-stock.lua, which lies outside of this module. A test compares them.
//
//go:embed apply-stock.lua
var applyStock string

// fields of a hash, in the order in which the script takes them.
var fields = []string{"on_hand", "reserved", "version", "change_time_ms"}

// Redis is the read model in Redis, one hash per key. Reads that run at the same time share a round trip. It is safe for concurrent
// use.
type Redis struct {
	client  rueidis.Client
	script  *rueidis.Lua
	timeout time.Duration
}

// OpenRedis connects. `timeout` is the longest wait for an answer.
func OpenRedis(url string, timeout time.Duration) (*Redis, error) {
	options, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.ClientName = "stock-query"
	options.Dialer.Timeout = timeout
	options.ConnWriteTimeout = timeout
	// Without its own cache rueidis needs no RESP3 and no invalidation: ours is kept fresh by the events.
	options.DisableCache = true
	// What fails is asked again by whoever wants it; a retry in here would hold every reader up while Redis is away.
	options.DisableRetry = true
	client, err := rueidis.NewClient(options)
	if err != nil {
		return nil, err
	}
	return &Redis{client, rueidis.NewLuaScript(applyStock), timeout}, nil
}

// Ping answers an error where Redis does not answer until the context is done.
func (r *Redis) Ping(ctx context.Context) error {
	return r.client.Do(ctx, r.client.B().Ping().Build()).Error()
}

// Close disconnects.
func (r *Redis) Close() { r.client.Close() }

// Get reads one key.
func (r *Redis) Get(ctx context.Context, key domain.Key) (*domain.Stock, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return toStock(key, r.client.Do(ctx, r.read(key)))
}

// GetMany reads many keys in one round trip.
func (r *Redis) GetMany(ctx context.Context, keys []domain.Key) ([]*domain.Stock, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	commands := make(rueidis.Commands, len(keys))
	for i, key := range keys {
		commands[i] = r.read(key)
	}
	stocks := make([]*domain.Stock, len(keys))
	for i, result := range r.client.DoMulti(ctx, commands...) {
		stock, err := toStock(keys[i], result)
		if err != nil {
			return nil, err
		}
		stocks[i] = stock
	}
	return stocks, nil
}

// Apply writes those states that are newer than what is stored, in one script.
func (r *Redis) Apply(ctx context.Context, stocks []*domain.Stock) (int, error) {
	if len(stocks) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	keys := make([]string, len(stocks))
	values := make([]string, 0, len(stocks)*len(fields))
	for i, stock := range stocks {
		keys[i] = redisKey(stock.Key)
		for _, value := range []int64{stock.OnHand, stock.Reserved, stock.Version, stock.ChangeTime.UnixMilli()} {
			values = append(values, strconv.FormatInt(value, 10))
		}
	}
	written, err := r.script.Exec(ctx, r.client, keys, values).AsInt64()
	return int(written), reached(err)
}

func (r *Redis) read(key domain.Key) rueidis.Completed {
	return r.client.B().Hmget().Key(redisKey(key)).Field(fields...).Build()
}

// redisKey is the hash of a key. The braces keep all centres of an item in one slot of a cluster.
func redisKey(key domain.Key) string {
	return "stock:{" + key.VendorItemID + "}:" + key.FulfillmentCenterID
}

func toStock(key domain.Key, result rueidis.RedisResult) (*domain.Stock, error) {
	values, err := result.ToArray()
	if err != nil {
		return nil, reached(err)
	}
	var numbers [4]int64
	if len(values) != len(numbers) {
		return nil, fmt.Errorf("the hash of %s answers %d fields", key, len(values))
	}
	for i, value := range values {
		if value.IsNil() {
			return nil, nil
		}
		text, err := value.ToString()
		if err != nil {
			return nil, reached(err)
		}
		if numbers[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("the hash of %s: %s: %w", key, fields[i], err)
		}
	}
	return &domain.Stock{Key: key, OnHand: numbers[0], Reserved: numbers[1], Version: numbers[2], ChangeTime: time.UnixMilli(numbers[3])}, nil
}

// reached tells an answer of Redis, which may be an error, from none at all.
func reached(err error) error {
	var answer *rueidis.RedisError
	if err == nil || errors.As(err, &answer) {
		return err
	}
	return fmt.Errorf("%w: %w", domain.ErrStoreUnavailable, err)
}
