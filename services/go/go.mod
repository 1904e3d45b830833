module flashdeal

go 1.26.0
