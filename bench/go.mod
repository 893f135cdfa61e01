module github.com/maicontact/maicontact/bench

go 1.26.0

require github.com/maicontact/maicontact v0.0.0-00010101000000-000000000000

replace github.com/maicontact/maicontact => ../
