package webchat

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// normalValue writes a value so that equal ones look the same. Empty objects
// become nil, and keys without a value go.
func normalValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, inner := range value {
			key = metadataKey(key)
			normal := normalValue(inner)
			if _, twice := object[key]; twice {
				object[ambiguous] = true
			} else if normal != nil {
				object[key] = normal
			}
		}
		if len(object) == 0 {
			return nil
		}
		return object
	case []any:
		list := make([]any, 0, len(value))
		for _, inner := range value {
			list = append(list, normalValue(inner))
		}
		return list
	case string:
		return normalText(value)
	case json.Number:
		return number(normalNumber(string(value)))
	}
	return value
}

// metadataKey makes the styles of a key comparable.
func metadataKey(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(key), "_", ""), "-", "")
}

// normalText turns texts that are booleans into booleans, and UUIDs into their
// digits.
func normalText(text string) any {
	switch {
	case strings.EqualFold(text, "true"):
		return true
	case strings.EqualFold(text, "false"):
		return false
	}
	digits := strings.ToLower(text)
	if id, ok := parseUUID(digits); ok {
		digits = strings.ReplaceAll(id, "-", "")
	}
	if len(digits) == 32 && strings.Trim(digits, "0123456789abcdef") == "" {
		return digits
	}
	return text
}

// number is a JSON number in normal form, to tell it from a text.
type number string

// normalNumber writes a JSON number as its digits without outer zeros and an
// exponent, so that 1, 1.0 and 10e-1 are the same.
func normalNumber(text string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "-", rest
	}
	mantissa, exponent := text, 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		var err error
		if exponent, err = strconv.Atoi(text[at+1:]); err != nil || exponent > math.MaxInt32 || exponent < math.MinInt32 {
			return sign + text
		}
		mantissa = text[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0"
	}
	return sign + short + "e" + strconv.Itoa(exponent+len(digits)-len(short))
}
