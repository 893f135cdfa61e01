package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// product is one card of the shop's page.
type product struct {
	ID          int64
	Name        string
	Description string
	Cents       int64
	Art         string // the drawing's name, see pages/art.html
	Plan        string // the plan it is for
}

// LockedFor reports whether somebody on that plan only gets to look at it.
func (p product) LockedFor(plan string) bool { return p.Plan == vipPlan && plan != vipPlan }

// Price is in euros.
func (p product) Price() string { return fmt.Sprintf("€%d.%02d", p.Cents/100, p.Cents%100) }

// catalogue reads what the shop sells and how its chat looks.
type catalogue struct{ db *tables }

// slowness is how long the page's own query takes, to show that the contact is
// found meanwhile.
const slowness = 200 * time.Millisecond

// products returns what the shop sells. It is slow on purpose.
func (c catalogue) products(ctx context.Context) ([]product, error) {
	slow := time.NewTimer(slowness)
	defer slow.Stop()
	list, err := c.shelf(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-slow.C:
		return list, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// shelf is products without the wait.
func (c catalogue) shelf(ctx context.Context) ([]product, error) {
	rows, err := c.db.QueryContext(ctx, `SELECT id, name, description, cents, art, plan FROM products ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the products: %w", err)
	}
	defer rows.Close()
	var list []product
	for rows.Next() {
		var p product
		if err := rows.Scan(&p.ID, &p.Name, &p.Description, &p.Cents, &p.Art, &p.Plan); err != nil {
			return nil, fmt.Errorf("read the products: %w", err)
		}
		list = append(list, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the products: %w", err)
	}
	return list, nil
}

// colour returns the brand colour that the chat has for a plan; none when
// nobody chose one.
func (c catalogue) colour(ctx context.Context, plan string) (string, error) {
	var value string
	err := c.db.QueryRowContext(ctx, c.db.text(`SELECT value FROM settings WHERE name = $1`), colourSetting(plan)).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the brand colour: %w", err)
	}
	return value, nil
}

func colourSetting(plan string) string { return "brand_colour." + plan }

// check answers whether the database does.
func (c catalogue) check(ctx context.Context) error {
	var n int
	return c.db.QueryRowContext(ctx, `SELECT count(*) FROM settings`).Scan(&n)
}

// stock fills a new shop. What is there already stays as it is.
func (t *tables) stock(ctx context.Context, tx *sql.Tx) error {
	for _, p := range []product{
		{1, "Celadon teapot", "Thrown in one piece, glazed in the green of a pond in spring.", 6800, "teapot", basicPlan},
		{2, "High mountain oolong", "Picked in the fog at 1,600 metres. Fifty grams, many pots.", 2450, "tin", basicPlan},
		{3, "Tasting cups, a\u00a0pair", "Thin at the lip, warm in the hand, and never quite alike.", 3200, "cups", basicPlan},
		{4, "Ash-glazed bowl", "For soup, for fruit, or for looking at on a grey day.", 4100, "bowl", basicPlan},
		{5, "Bamboo whisk", "One hundred tines, cut by hand from a single stem.", 1900, "whisk", basicPlan},
		{6, "Aged pu\u2011erh, 2004", "From the shelf at the back. Kept for our VIP guests.", 12900, "cake", vipPlan},
	} {
		if err := t.insert(ctx, tx, `products WHERE id = $1`,
			`products (id, name, description, cents, art, plan) VALUES ($1, $2, $3, $4, $5, $6)`,
			p.ID, p.Name, p.Description, p.Cents, p.Art, p.Plan); err != nil {
			return fmt.Errorf("stock the shop: %w", err)
		}
	}
	for plan, colour := range map[string]string{basicPlan: "#2f6b52", vipPlan: "#8a5a1f"} {
		if err := t.insert(ctx, tx, `settings WHERE name = $1`, `settings (name, value) VALUES ($1, $2)`, colourSetting(plan), colour); err != nil {
			return fmt.Errorf("stock the shop: %w", err)
		}
	}
	return nil
}

// insert makes a row where there is none that begins with the first value. Shops
// that start together do so one after the other.
func (t *tables) insert(ctx context.Context, tx *sql.Tx, there, row string, values ...any) error {
	var n int
	if err := tx.QueryRowContext(ctx, t.text(`SELECT count(*) FROM `+there), values[0]).Scan(&n); err != nil || n > 0 {
		return err
	}
	_, err := tx.ExecContext(ctx, t.text(`INSERT INTO `+row), values...)
	return err
}
