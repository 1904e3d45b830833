// Package domain has the rules of stock-query: the newest version wins. It imports nothing of this module.
package domain

import "time"

// Key is what a stock belongs to. Both parts are 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
type Key struct {
	VendorItemID        string
	FulfillmentCenterID string
}

// String is for messages to people: neither part can contain the slash.
func (k Key) String() string { return k.VendorItemID + "/" + k.FulfillmentCenterID }

// Stock is the state of one key at one version, as the inventory announced it. It is never changed once it is made.
type Stock struct {
	Key
	OnHand   int64
	Reserved int64
	// Version grows with each change of the key. Of two states the one with the higher version is the truth, whatever came last.
	Version int64
	// ChangeTime is when the inventory reached this state, to the millisecond.
	ChangeTime time.Time
}

// NewerThan tells whether the state is newer than the known one, or nothing is known.
func (s *Stock) NewerThan(known *Stock) bool {
	return known == nil || s.Version > known.Version
}

// NewestPerKey answers the newest state of each key, in no particular order.
func NewestPerKey(stocks []*Stock) []*Stock {
	newest := make(map[Key]*Stock, len(stocks))
	for _, stock := range stocks {
		if stock.NewerThan(newest[stock.Key]) {
			newest[stock.Key] = stock
		}
	}
	answer := make([]*Stock, 0, len(newest))
	for _, stock := range newest {
		answer = append(answer, stock)
	}
	return answer
}
