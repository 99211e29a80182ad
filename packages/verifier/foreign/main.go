// Verifies an exported log and a receipt with the packages that the Go command checks its own checksum database with
// (golang.org/x/mod/sumdb/note and tlog): an implementation that knows nothing of ours.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads tiles of height 8, which tlog-tiles leaves out of their names.
type tiles struct{ dir string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) file(tile tlog.Tile, in string) string {
	return t.dir + "/" + strings.Replace(tile.Path(), fmt.Sprintf("tile/8/%d/", tile.L), in, 1)
}

func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range list {
		bytes, err := os.ReadFile(t.file(tile, fmt.Sprintf("tile/%d/", tile.L)))
		if err != nil {
			return nil, err
		}
		found = append(found, bytes)
	}
	return found, nil
}

func must(err error) {
	if err != nil {
		log.Fatal("refused: ", err)
	}
}

func openCheckpoint(text []byte, keys note.Verifiers) tlog.Tree {
	opened, err := note.Open(text, keys)
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

func verifyEntries(tree tlog.Tree, source tiles) tlog.HashReader {
	hashes := tlog.TileHashReader(tree, source)
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		bundle, err := os.ReadFile(source.file(tlog.Tile{H: 8, L: 0, N: first / 256, W: int(width)}, "tile/entries/"))
		must(err)
		var places []int64
		var leaves []tlog.Hash
		for at := int64(0); at < width; at++ {
			length := int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, tlog.RecordHash(bundle[2:2+length]))
			places = append(places, tlog.StoredHashIndex(0, first+at))
			bundle = bundle[2+length:]
		}
		stored, err := hashes.ReadHashes(places)
		must(err)
		for at, hash := range stored {
			if hash != leaves[at] {
				log.Fatalf("refused: leaf %d", first+int64(at))
			}
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	must(err)
	if root != tree.Hash {
		log.Fatal("refused: root")
	}
	return hashes
}

func verifyReceipt(path string, keys note.Verifiers, hashes tlog.HashReader) {
	text, err := os.ReadFile(path)
	must(err)
	var receipt struct{ Leaf, Proof string }
	must(json.Unmarshal(text, &receipt))
	parts := strings.SplitN(receipt.Proof, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		bytes, err := base64.StdEncoding.DecodeString(line)
		must(err)
		var hash tlog.Hash
		copy(hash[:], bytes)
		proof = append(proof, hash)
	}
	tree := openCheckpoint([]byte(parts[1]), keys)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash([]byte(receipt.Leaf))))
	// The other way round: its own proof from our tiles is the same.
	own, err := tlog.ProveRecord(tree.N, index, hashes)
	must(err)
	if fmt.Sprint(own) != fmt.Sprint(proof) {
		log.Fatal("refused: another proof")
	}
}

func main() {
	key, err := os.ReadFile(os.Args[1] + "/vkey")
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	must(err)
	keys := note.VerifierList(verifier)
	checkpoint, err := os.ReadFile(os.Args[1] + "/checkpoint")
	must(err)
	hashes := verifyEntries(openCheckpoint(checkpoint, keys), tiles{os.Args[1]})
	verifyReceipt(os.Args[2], keys, hashes)
	fmt.Println("ok")
}
