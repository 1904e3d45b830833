package handler

import (
	"context"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/stockquery/domain"
)

// GetStock answers the stock of one key.
func (s *Service) GetStock(ctx context.Context, request *stockv1.GetStockRequest) (*stockv1.GetStockResponse, error) {
	key := domain.Key{VendorItemID: request.GetVendorItemId(), FulfillmentCenterID: request.GetFulfillmentCenterId()}
	stock, err := s.Reader.Get(ctx, key)
	if err != nil {
		return nil, storeError(err)
	}
	if stock == nil {
		return nil, stockNotFound(key)
	}
	return &stockv1.GetStockResponse{Stock: toMessage(stock)}, nil
}
