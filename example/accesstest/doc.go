// Package accesstest walks people through their life at a MaiAgent that behaves
// in each of the ways that its documents do not exclude, alone and in pairs, and
// holds nothing but tests. What is looked at: MaiAgent never answers from more
// than the site last allowed, at any moment at which a contact id is handed out.
package accesstest
