package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// recipesPage is the page whose code is that of example/recipes.
const recipesPage = "../docs/recipes.md"

// maxRecipe is how many lines of a recipe the page may show.
const maxRecipe = 60

var recipeLink = regexp.MustCompile(`\(\.\./(example/recipes/[a-z]+/[a-z]+\.go)\)`)

// The page has every recipe, and shows what is compiled and tested: each of its
// blocks stands, as it is, in the file that the text above it links to.
func TestRecipesPage(t *testing.T) {
	page := readFile(t, recipesPage)
	lines := strings.Split(page, "\n")
	shown := map[string]bool{}
	for _, block := range goBlocks(page) {
		link := recipeLink.FindStringSubmatch(lines[block.line-4])
		if link == nil {
			t.Errorf("%s:%d: the text above the block does not say which file it is of", recipesPage, block.line)
			continue
		}
		shown[filepath.Base(filepath.Dir(link[1]))] = true
		if !strings.Contains(readFile(t, "../"+link[1]), block.text) {
			t.Errorf("%s:%d: this is not in %s", recipesPage, block.line, link[1])
		}
		if n := strings.Count(block.text, "\n"); n > maxRecipe {
			t.Errorf("%s:%d: %d lines, at most %d are wanted", recipesPage, block.line, n, maxRecipe)
		}
	}
	recipes, err := os.ReadDir("recipes")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, recipe := range recipes {
		if recipe.Name() == "internal" {
			continue
		}
		n++
		if !strings.Contains(page, "(../example/recipes/"+recipe.Name()+"/") {
			t.Errorf("%s does not have the recipe %s", recipesPage, recipe.Name())
		}
		if _, err := os.Stat("recipes/" + recipe.Name() + "/site_test.go"); err != nil {
			t.Errorf("the recipe %s is not tested: %v", recipe.Name(), err)
		}
	}
	if len(shown) != n {
		t.Errorf("%d of %d recipes are shown", len(shown), n)
	}
}
