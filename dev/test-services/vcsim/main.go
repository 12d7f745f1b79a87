// A vCenter for tests: govmomi's simulator with the inventory of examples/vsphere.yaml, in memory, on one loopback
// address, with TLS.
//
//	VCSIM_USER=… VCSIM_PASSWORD=… VCSIM_CERTIFICATE=FILE vcsim ADDRESS
//
// ADDRESS is HOST:PORT. Its certificate is written to VCSIM_CERTIFICATE before it prints its URL as one line. It ends
// with its standard input. Calls are counted by whoever stands in front of it.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	_ "github.com/vmware/govmomi/vapi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const gib = int64(1) << 30

func main() {
	user, password, file := os.Getenv("VCSIM_USER"), os.Getenv("VCSIM_PASSWORD"), os.Getenv("VCSIM_CERTIFICATE")
	if len(os.Args) != 2 || user == "" || password == "" || file == "" {
		fail("usage: VCSIM_USER=… VCSIM_PASSWORD=… VCSIM_CERTIFICATE=FILE vcsim ADDRESS", nil)
	}
	log.SetOutput(io.Discard)
	model := simulator.VPX()
	model.Host = 0
	model.Machine = 0
	model.ServiceContent.About.Version, model.ServiceContent.About.ApiVersion = "8.0.3", "8.0.3.0"
	check("inventory", model.Create())
	defer model.Remove()
	service := model.Service
	service.RegisterEndpoints = true
	service.Listen = &url.URL{Host: os.Args[1], User: url.UserPassword(user, password)}
	service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(os.Args[1], file)}}
	hosts(model)
	store := model.Map().Any("Datastore").(*simulator.Datastore)
	store.Name, store.Summary.Name = "vsan1", "vsan1" // the simulator renames none
	store.Summary.Capacity, store.Summary.FreeSpace = 8192*gib, 4096*gib
	server := service.NewServer()
	defer server.Close()
	check("setup", setup(server.URL))
	fmt.Println("https://" + server.URL.Host + "/sdk")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// certificate makes a key that only this process has.
func certificate(address, file string) tls.Certificate {
	host, _, err := net.SplitHostPort(address)
	check("address", err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check("key", err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "vcsim"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.ParseIP(host)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check("certificate", err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	check("certificate file", os.WriteFile(file, text, 0o600))
	leaf, err := x509.ParseCertificate(der)
	check("certificate", err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// hosts get a size, and the first one a GPU that is passed through, the second one a GPU that is shared.
func hosts(model *simulator.Model) {
	for i, entity := range model.Map().All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		hardware := *host.Summary.Hardware
		hardware.MemorySize = 256 * gib
		hardware.NumCpuCores = 32
		hardware.NumCpuThreads = 64
		host.Summary.Hardware = &hardware
		if host.Config == nil {
			host.Config = new(types.HostConfigInfo)
		} else {
			config := *host.Config
			host.Config = &config
		}
		info := types.HostHardwareInfo{}
		if host.Hardware != nil {
			info = *host.Hardware
		}
		switch i {
		case 0:
			info.PciDevice = []types.HostPciDevice{
				{Id: "0000:00:1f.0", VendorId: -32634, VendorName: "Intel", DeviceName: "a bridge"},
				{Id: "0000:3b:00.0", VendorId: 0x10de, VendorName: "NVIDIA Corporation", DeviceName: "AD102GL [L40]"},
			}
			host.Config.PciPassthruInfo = []types.BaseHostPciPassthruInfo{
				&types.HostPciPassthruInfo{
					Id: "0000:3b:00.0", DependentDevice: "0000:3b:00.0",
					PassthruEnabled: true, PassthruCapable: true, PassthruActive: true,
				},
			}
		case 1:
			host.Config.SharedPassthruGpuTypes = []string{"grid_l40-8q", "grid_l40-48c"}
		}
		host.Hardware = &info
	}
}

func setup(u *url.URL) error {
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, u, true)
	if err != nil {
		return err
	}
	defer func() { _ = client.Logout(ctx) }()
	finder := find.NewFinder(client.Client)
	for _, change := range [][2]string{
		{"/DC0", "dc1"},
		{"/dc1/host/DC0_C0", "compute1"},
		{"/dc1/network/DC0_DVPG0", "k8s-segment"},
	} {
		list, err := finder.ManagedObjectList(ctx, change[0])
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%s: %d, %v", change[0], len(list), err)
		}
		task, err := object.NewCommon(client.Client, list[0].Object.Reference()).Rename(ctx, change[1])
		if err == nil {
			err = task.Wait(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", change[0], err)
		}
	}
	finder = find.NewFinder(client.Client)
	root, err := finder.Folder(ctx, "/dc1/vm")
	if err != nil {
		return err
	}
	if _, err := root.CreateFolder(ctx, "sskuba"); err != nil {
		return err
	}
	pool, err := finder.ResourcePool(ctx, "/dc1/host/compute1/Resources")
	if err != nil {
		return err
	}
	for _, name := range []string{"build-server", "file-server"} {
		task, err := root.CreateVM(ctx, types.VirtualMachineConfigSpec{
			Name: name, GuestId: "other3xLinux64Guest", NumCPUs: 2, MemoryMB: 4096,
			Files: &types.VirtualMachineFileInfo{VmPathName: "[vsan1]"},
		}, pool, nil)
		if err == nil {
			err = task.Wait(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	store, err := finder.Datastore(ctx, "/dc1/datastore/vsan1")
	if err != nil {
		return err
	}
	return content(ctx, client, u, store.Reference().Value)
}

func content(ctx context.Context, client *govmomi.Client, u *url.URL, store string) error {
	vapi := rest.NewClient(client.Client)
	if err := vapi.Login(ctx, u.User); err != nil {
		return err
	}
	defer func() { _ = vapi.Logout(ctx) }()
	manager := library.NewManager(vapi)
	id, err := manager.CreateLibrary(ctx, library.Library{
		Name: "talos", Type: "LOCAL",
		Storage: []library.StorageBacking{{DatastoreID: store, Type: "DATASTORE"}},
	})
	if err != nil {
		return err
	}
	for _, name := range []string{"talos-v1.13.9", "talos-v1.12.0"} {
		if _, err := manager.CreateLibraryItem(ctx, library.Item{Name: name, Type: "ovf", LibraryID: id}); err != nil {
			return err
		}
	}
	return nil
}

func check(what string, err error) {
	if err != nil {
		fail(what, err)
	}
}

func fail(what string, err error) {
	fmt.Fprintln(os.Stderr, "vcsim:", what, err)
	os.Exit(1)
}
