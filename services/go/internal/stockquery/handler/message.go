package handler

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/stockquery/domain"
)

func toMessage(stock *domain.Stock) *stockv1.Stock {
	return &stockv1.Stock{
		VendorItemId:        stock.VendorItemID,
		FulfillmentCenterId: stock.FulfillmentCenterID,
		OnHand:              stock.OnHand,
		Reserved:            stock.Reserved,
		Available:           stock.OnHand - stock.Reserved,
		Version:             stock.Version,
		UpdateTime:          timestamppb.New(stock.ChangeTime),
	}
}
