package domain

import (
	"context"
	"sync"
	"time"
)

// WatchHub hands changes to those who watch. It is safe for concurrent use.
type WatchHub struct {
	maxWatchers int
	mutex       sync.Mutex
	size        int
	byKey       map[Key]map[*Watcher]struct{}
}

// NewWatchHub makes a hub for at most `maxWatchers` watchers at once.
func NewWatchHub(maxWatchers int) *WatchHub {
	return &WatchHub{maxWatchers: maxWatchers, byKey: make(map[Key]map[*Watcher]struct{})}
}

// Open answers nil where as many watchers are open as are allowed.
func (h *WatchHub) Open(key Key) *Watcher {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.size >= h.maxWatchers {
		return nil
	}
	watcher := &Watcher{hub: h, key: key, arrived: make(chan struct{}, 1)}
	if h.byKey[key] == nil {
		h.byKey[key] = make(map[*Watcher]struct{})
	}
	h.byKey[key][watcher] = struct{}{}
	h.size++
	return watcher
}

// Publish offers the state to the watchers of its key.
func (h *WatchHub) Publish(stock *Stock) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for watcher := range h.byKey[stock.Key] {
		watcher.Offer(stock)
	}
}

// Size is the number of watchers that are open.
func (h *WatchHub) Size() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.size
}

func (h *WatchHub) close(watcher *Watcher) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	watchers := h.byKey[watcher.key]
	if _, open := watchers[watcher]; !open {
		return
	}
	delete(watchers, watcher)
	if len(watchers) == 0 {
		delete(h.byKey, watcher.key)
	}
	h.size--
}

// Watcher is one reader's view of one key. It remembers only the newest state that the reader has not taken. Offer and Close are safe
// for concurrent use; Next belongs to one goroutine.
type Watcher struct {
	hub     *WatchHub
	key     Key
	arrived chan struct{}
	mutex   sync.Mutex
	newest  *Stock
	taken   bool
}

// Offer takes a state; one that is not newer than the last offered is dropped.
func (w *Watcher) Offer(stock *Stock) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !stock.NewerThan(w.newest) {
		return
	}
	w.newest, w.taken = stock, false
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// Next answers the newest state that was not taken yet: it waits for one up to `timeout`, and answers nil then or when the context
// is done.
func (w *Watcher) Next(ctx context.Context, timeout time.Duration) *Stock {
	if stock := w.take(); stock != nil {
		return stock
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case <-w.arrived:
			// A token may be left from a state that was taken without waiting.
			if stock := w.take(); stock != nil {
				return stock
			}
		case <-timer.C:
			return w.take()
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *Watcher) take() *Stock {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.taken {
		return nil
	}
	w.taken = w.newest != nil
	return w.newest
}

// Close stops watching. Safe to call twice.
func (w *Watcher) Close() { w.hub.close(w) }
