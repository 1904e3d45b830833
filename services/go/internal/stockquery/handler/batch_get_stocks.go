package handler

import (
	"context"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/stockquery/domain"
)

// BatchGetStocks answers the stocks that are known, in the order of the request, and the keys that are not.
func (s *Service) BatchGetStocks(ctx context.Context, request *stockv1.BatchGetStocksRequest) (*stockv1.BatchGetStocksResponse, error) {
	keys := make([]domain.Key, len(request.GetKeys()))
	for i, key := range request.GetKeys() {
		keys[i] = domain.Key{VendorItemID: key.GetVendorItemId(), FulfillmentCenterID: key.GetFulfillmentCenterId()}
	}
	stocks, err := s.Reader.GetMany(ctx, keys)
	if err != nil {
		return nil, storeError(err)
	}
	response := &stockv1.BatchGetStocksResponse{Stocks: make([]*stockv1.Stock, 0, len(stocks))}
	for i, stock := range stocks {
		if stock == nil {
			response.UnknownKeys = append(response.UnknownKeys, request.GetKeys()[i])
		} else {
			response.Stocks = append(response.Stocks, toMessage(stock))
		}
	}
	return response, nil
}
