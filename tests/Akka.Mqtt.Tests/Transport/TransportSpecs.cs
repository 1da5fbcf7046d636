using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests;

public sealed class InMemoryTransportSpec(ITestOutputHelper output) : ListeningTransportSpec(output)
{
    protected override EndPoint ListenOn { get; } = new InMemoryEndPoint("spec");
}

public sealed class UnixSocketTransportSpec(ITestOutputHelper output) : ListeningTransportSpec(output)
{
    protected override EndPoint ListenOn { get; } = new UnixDomainSocketEndPoint(SocketPath());

    // A unix socket has no RST: its peer sees the end of the stream.
    protected override bool Resets => false;

    internal static string SocketPath() => Path.Combine(Path.GetTempPath(), $"mqtt-{Guid.NewGuid():N}.sock");

    [Fact]
    public async Task A_stale_socket_file_must_be_replaced_and_ours_removed_at_the_end()
    {
        var path = ListenOn.ToString()!;
        // A process that dies leaves its file: here a copy of the name made by a hard link stands for it.
        using (var dead = SocketDialer.Create(ListenOn))
        {
            var first = path + ".first";
            dead.Bind(new UnixDomainSocketEndPoint(first));
            File.Move(first, path);
        }

        Assert.True(File.Exists(path));
        await using (Bind())
        {
            var link = await DialAsync(ListenOn);
            await link.Stream.DisposeAsync();
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_file_that_is_no_socket_must_not_be_removed()
    {
        File.WriteAllText(ListenOn.ToString()!, "mine");

        var failure = Assert.Throws<TransportException>(() => Bind());

        Assert.Equal(CommandFailure.BindFailed, failure.Reason);
        Assert.Equal("mine", File.ReadAllText(ListenOn.ToString()!));
        File.Delete(ListenOn.ToString()!);
    }
}

public sealed class NamedPipeTransportSpec(ITestOutputHelper output) : ListeningTransportSpec(output)
{
    private readonly NamedPipeEndPoint _pipe = new($"mqtt-{Guid.NewGuid():N}");

    protected override EndPoint ListenOn => _pipe;

    // Windows's pipes end both directions at once; elsewhere they are unix sockets.
    protected override bool HalfCloses => !OperatingSystem.IsWindows();

    protected override bool Resets => false;

    [Fact]
    public async Task A_client_of_the_pipes_of_NET_must_reach_our_listener()
    {
        await using var listener = Bind();
        var accepting = AcceptAsync(listener);
        await using var client = new NamedPipeClientStream(".", _pipe.PipeName, PipeDirection.InOut, PipeOptions.Asynchronous);
        await client.ConnectAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
        var server = Open(await accepting);

        await client.WriteAsync(new byte[] { 1, 2 });
        Assert.Equal([1, 2], await ReadAsync(server, 2));
        Write(server, [3]);
        Assert.Equal(3, client.ReadByte());
        await client.DisposeAsync();
        await EndAsync<Link.PeerClosed>(server);
    }

    [Fact]
    public async Task A_listener_of_the_pipes_of_NET_must_be_reached_by_our_client()
    {
        await using var pipe = new NamedPipeServerStream(
            _pipe.PipeName, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte, PipeOptions.Asynchronous);
        var accepting = pipe.WaitForConnectionAsync();
        var client = Open(await DialAsync(_pipe));
        await accepting;

        Write(client, [1]);
        Assert.Equal(1, pipe.ReadByte());
        await pipe.WriteAsync(new byte[] { 2 });
        Assert.Equal([2], await ReadAsync(client, 1));
        await pipe.DisposeAsync();
        await EndAsync<Link.PeerClosed>(client);
    }

    [Theory]
    [InlineData("a/b", ".")]
    [InlineData("a", "another.machine.invalid")]
    public async Task A_name_that_cannot_be_a_pipe_must_be_refused(string name, string machine)
    {
        if (OperatingSystem.IsWindows())
            return;
        var address = new NamedPipeEndPoint(name, machine);

        var dial = await Assert.ThrowsAsync<TransportException>(() => DialAsync(address));
        var bind = Assert.Throws<TransportException>(() => StreamTransport.Bind(new Mqtt.Bind(TestActor, address), Settings, Network));

        Assert.Equal((CommandFailure.ConnectFailed, CommandFailure.BindFailed), (dial.Reason, bind.Reason));
        Assert.Contains("pipe", dial.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_a_socket_must_be_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        var address = new NamedPipeEndPoint(new string('x', 200));

        var dial = await Assert.ThrowsAsync<TransportException>(() => DialAsync(address));
        var bind = Assert.Throws<TransportException>(() => StreamTransport.Bind(new Mqtt.Bind(TestActor, address), Settings, Network));

        Assert.Equal((CommandFailure.ConnectFailed, CommandFailure.BindFailed), (dial.Reason, bind.Reason));
    }
}

public class TlsTransportSpec(ITestOutputHelper output) : ListeningTransportSpec(output)
{
    protected override EndPoint ListenOn { get; } = new IPEndPoint(IPAddress.Loopback, 0);

    protected override TlsServerSettings? ServerTls => new() { Certificate = Certificate };

    protected override TlsClientSettings? ClientTls => new() { TargetHost = "localhost", TrustedAuthorities = TestCertificates.Shared.Authorities };

    private protected static System.Security.Cryptography.X509Certificates.X509Certificate2 Certificate { get; } = TestCertificates.Shared.Server();

    [Fact]
    public async Task Both_sides_must_know_addresses_and_the_kind_of_transport()
    {
        var (client, server) = await ConnectAsync();

        Assert.Equal(MqttTransport.Tls, client.Info.Kind);
        Assert.Equal(client.Info.LocalAddress, server.Info.RemoteAddress);
        Assert.Equal(client.Info.RemoteAddress, server.Info.LocalAddress);
        Assert.Equal("CN=localhost", client.Info.PeerCertificate!.Subject);
    }
}

public sealed class MutualTlsTransportSpec(ITestOutputHelper output) : TlsTransportSpec(output)
{
    protected override TlsServerSettings? ServerTls =>
        base.ServerTls! with { RequireClientCertificate = true, ClientAuthorities = TestCertificates.Shared.Authorities };

    protected override TlsClientSettings? ClientTls => base.ClientTls! with { ClientCertificates = [TestCertificates.Shared.Client()] };

    [Fact]
    public async Task The_server_must_know_the_certificate_of_its_client()
    {
        var (_, server) = await ConnectAsync();

        Assert.Equal("CN=client", server.Info.PeerCertificate!.Subject);
    }
}

public sealed class TlsOverUnixSocketSpec(ITestOutputHelper output) : ListeningTransportSpec(output)
{
    protected override EndPoint ListenOn { get; } = new UnixDomainSocketEndPoint(UnixSocketTransportSpec.SocketPath());

    protected override bool Resets => false;

    protected override TlsServerSettings? ServerTls => new() { Certificate = TestCertificates.Shared.Server() };

    protected override TlsClientSettings? ClientTls => new() { TrustedAuthorities = TestCertificates.Shared.Authorities };
}

/// <summary>The suite, and what a listener has to keep.</summary>
public abstract class ListeningTransportSpec(ITestOutputHelper output) : StreamTransportSpec(output)
{
    [Fact]
    public async Task A_second_listener_on_the_same_address_must_fail_with_BindFailed()
    {
        await using var listener = Bind();

        var failure = Assert.Throws<TransportException>(
            () => StreamTransport.Bind(new Mqtt.Bind(TestActor, listener.LocalAddress) { Tls = ServerTls }, Settings, Network));

        Assert.Equal(CommandFailure.BindFailed, failure.Reason);
        Assert.Contains("in use", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_must_be_free_again_when_its_listener_is_disposed()
    {
        EndPoint address;
        await using (var listener = Bind())
            address = listener.LocalAddress;

        var failure = await Assert.ThrowsAsync<TransportException>(() => DialAsync(address));
        Assert.Equal(CommandFailure.ConnectFailed, failure.Reason);
        await using var again = StreamTransport.Bind(new Mqtt.Bind(TestActor, address) { Tls = ServerTls }, Settings, Network);
    }

    [Fact]
    public async Task A_waiting_accept_must_end_when_the_listener_is_disposed()
    {
        var listener = Bind();
        var accepting = listener.AcceptAsync(CancellationToken.None).AsTask();

        await listener.DisposeAsync();

        var error = await Record.ExceptionAsync(() => accepting.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(error is ObjectDisposedException or OperationCanceledException, $"{error}");
    }

    [Fact]
    public async Task Many_clients_must_be_accepted_one_after_the_other()
    {
        await using var listener = Bind();
        for (var i = 0; i < 20; i++)
        {
            var accepting = AcceptAsync(listener);
            var client = Open(await DialAsync(listener.LocalAddress));
            var server = Open(await accepting);
            Write(client, [(byte)i]);
            Assert.Equal([(byte)i], await ReadAsync(server, 1));
        }
    }
}
