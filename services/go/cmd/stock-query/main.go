// Command stock-query answers how much stock there is: the drop-in in Go for services/stock-query.
package main

import (
	"flashdeal/internal/runtime/lifecycle"
	"flashdeal/internal/stockquery"
)

func main() {
	lifecycle.Main(stockquery.Run)
}
