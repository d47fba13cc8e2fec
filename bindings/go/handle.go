// SPDX-License-Identifier: MIT

package churn

import (
	"runtime"
	"sync"
	"unsafe"
)

// A handle owns one object of the C library. Calls hold the lock for reading, so that Close waits for
// them; the cleanup frees what nobody closed. Both free through the same function, and never both:
// Close stops the cleanup, which cannot run before the handle is out of reach.
type handle struct {
	mu      sync.RWMutex
	pointer unsafe.Pointer
	free    func(unsafe.Pointer)
	cleanup runtime.Cleanup
}

func (h *handle) open(pointer unsafe.Pointer, free func(unsafe.Pointer)) {
	h.pointer = pointer
	h.free = free
	h.cleanup = runtime.AddCleanup(h, free, pointer)
}

// Acquire the object for one call; every success is followed by release.
func (h *handle) acquire() (unsafe.Pointer, error) {
	h.mu.RLock()
	if h.pointer == nil {
		h.mu.RUnlock()
		return nil, ErrClosed
	}
	return h.pointer, nil
}

func (h *handle) release() {
	h.mu.RUnlock()
	runtime.KeepAlive(h)
}

func (h *handle) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pointer == nil {
		return
	}
	h.cleanup.Stop()
	h.free(h.pointer)
	h.pointer = nil
	runtime.KeepAlive(h)
}
