package domain

import (
	"context"
	"sync"
	"testing"
	"time"
)

func at(version int64) *Stock { return &Stock{Key: Key{"item", "fc"}, Version: version} }

func TestNewestPerKeyKeepsTheHighestVersion(t *testing.T) {
	other := &Stock{Key: Key{"other", "fc"}, Version: 1}
	newest := NewestPerKey([]*Stock{at(2), at(5), other, at(3)})
	versions := map[Key]int64{}
	for _, stock := range newest {
		versions[stock.Key] = stock.Version
	}
	if len(newest) != 2 || versions[at(0).Key] != 5 || versions[other.Key] != 1 {
		t.Error(versions)
	}
}

func TestWatcherSlowReaderGetsTheNewestOnly(t *testing.T) {
	hub := NewWatchHub(1)
	watcher := hub.Open(at(0).Key)
	for _, version := range []int64{1, 3, 2} {
		hub.Publish(at(version))
	}
	hub.Publish(&Stock{Key: Key{"other", "fc"}, Version: 9})
	if got := watcher.Next(t.Context(), time.Second); got == nil || got.Version != 3 {
		t.Error(got)
	}
	if got := watcher.Next(t.Context(), 5*time.Millisecond); got != nil {
		t.Error("nothing is new, but there is", got)
	}
}

func TestWatcherWaitsForNewsAndEndsWithTheContext(t *testing.T) {
	hub := NewWatchHub(1)
	watcher := hub.Open(at(0).Key)
	time.AfterFunc(10*time.Millisecond, func() { hub.Publish(at(1)) })
	if got := watcher.Next(t.Context(), time.Minute); got == nil || got.Version != 1 {
		t.Error(got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got := watcher.Next(ctx, time.Minute); got != nil {
		t.Error(got)
	}
}

func TestWatchHubLimitsWatchersAndForgetsClosedOnes(t *testing.T) {
	hub := NewWatchHub(2)
	first, second := hub.Open(Key{"a", "fc"}), hub.Open(Key{"a", "fc"})
	if hub.Open(Key{"b", "fc"}) != nil {
		t.Error("one watcher too many")
	}
	first.Close()
	first.Close()
	if hub.Size() != 1 || hub.Open(Key{"b", "fc"}) == nil {
		t.Error(hub.Size())
	}
	second.Close()
	if len(hub.byKey) != 1 {
		t.Error("a key without watchers is kept")
	}
}

func TestWatchHubManyPublishersAndWatchers(t *testing.T) {
	hub := NewWatchHub(100)
	var watching, publishing sync.WaitGroup
	for range 20 {
		watching.Go(func() {
			watcher := hub.Open(at(0).Key)
			defer watcher.Close()
			last := int64(0)
			for last < 1000 {
				stock := watcher.Next(t.Context(), 5*time.Second)
				if stock == nil || stock.Version <= last {
					t.Errorf("%v after version %d", stock, last)
					return
				}
				last = stock.Version
			}
		})
	}
	for hub.Size() < 20 {
		time.Sleep(time.Millisecond)
	}
	for offset := range 4 {
		publishing.Go(func() {
			for version := offset; version <= 1000; version += 4 {
				hub.Publish(at(int64(version)))
			}
		})
	}
	publishing.Wait()
	hub.Publish(at(1000))
	watching.Wait()
	if hub.Size() != 0 {
		t.Error(hub.Size())
	}
}
