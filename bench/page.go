package main

// handlerRows are the paths of one request.
func handlerRows() []row {
	return nil
}
