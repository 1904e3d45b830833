package events

import (
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// heldMessages are those that were taken and are neither acknowledged nor given back. The server is told that they are not lost, be they in
// the handler or waiting for it, so that its patience can be short.
type heldMessages struct {
	lock     sync.Mutex
	messages map[jetstream.Msg]struct{}
}

func newHeldMessages() *heldMessages {
	return &heldMessages{messages: make(map[jetstream.Msg]struct{})}
}

func (h *heldMessages) add(message jetstream.Msg) {
	h.lock.Lock()
	defer h.lock.Unlock()
	h.messages[message] = struct{}{}
}

// tell speaks to the server until `ended` is closed.
func (h *heldMessages) tell(ended <-chan struct{}) {
	ticker := time.NewTicker(ackWait / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
			h.tellOnce()
		}
	}
}

func (h *heldMessages) tellOnce() {
	h.lock.Lock()
	defer h.lock.Unlock()
	for message := range h.messages {
		if errors.Is(message.InProgress(), jetstream.ErrMsgAlreadyAckd) {
			delete(h.messages, message)
		}
	}
}
