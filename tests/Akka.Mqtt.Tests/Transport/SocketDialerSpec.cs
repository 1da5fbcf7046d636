using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Transport;
using Xunit;

namespace Akka.Mqtt.Tests;

/// <summary>Names with several addresses, over the loopback network.</summary>
public sealed class SocketDialerSpec
{
    private static readonly IPAddress Refusing = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress RefusingToo = IPAddress.Parse("127.0.0.3");

    [Fact]
    public async Task An_address_that_refuses_costs_nothing_when_the_next_one_answers()
    {
        using var listener = Listen();

        using var socket = await DialAsync(Name(listener), [Refusing, IPAddress.Loopback]);

        Assert.Equal(listener.LocalEndPoint, socket.RemoteEndPoint);
    }

    [Fact]
    public async Task Families_that_the_name_has_are_both_tried()
    {
        using var listener = Listen();

        using var socket = await DialAsync(Name(listener), [IPAddress.IPv6Loopback, IPAddress.Loopback]);

        Assert.Equal(listener.LocalEndPoint, socket.RemoteEndPoint);
    }

    [Fact]
    public async Task Options_and_the_local_address_go_on_the_socket_that_wins()
    {
        using var listener = Listen();
        var options = new Recorder();

        using var socket = await SocketDialer.ConnectAsync(
            Name(listener), new IPEndPoint(IPAddress.Loopback, 0), options, (_, family, _) =>
            {
                Assert.Equal(AddressFamily.InterNetwork, family);
                return Task.FromResult<IPAddress[]>([Refusing, IPAddress.Loopback]);
            }, TimeProvider.System, CancellationToken.None);

        Assert.Equal(2, options.Before.Count);
        Assert.Same(socket, Assert.Single(options.After));
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)socket.LocalEndPoint!).Address);
        Assert.All(options.Before.Where(one => one != socket), loser => Assert.True(loser.SafeHandle.IsClosed));
    }

    [Fact]
    public async Task The_failure_names_every_address_and_every_cause()
    {
        var unreachable = IPAddress.Parse("127.0.0.4");
        var options = new Recorder();
        using var nobody = HeldPort.Refusing();

        var failure = await Assert.ThrowsAsync<TransportException>(() => SocketDialer.ConnectAsync(
            new DnsEndPoint("many.example", nobody.Port), null, new Both(options, new Breaking(2)),
            (_, _, _) => Task.FromResult<IPAddress[]>([Refusing, RefusingToo, unreachable]), TimeProvider.System, CancellationToken.None));

        Assert.Equal(CommandFailure.ConnectFailed, failure.Reason);
        Assert.Contains("Could not connect to many.example:", failure.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.2, 127.0.0.3: The connection was refused: nothing listens there.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.4: Permission was denied.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(failure.InnerException).SocketErrorCode);
        Assert.All(options.Before, socket => Assert.True(socket.SafeHandle.IsClosed));
    }

    [Fact]
    public async Task The_only_address_of_a_name_is_not_repeated_in_its_failure()
    {
        using var nobody = HeldPort.Refusing();

        var failure = await Assert.ThrowsAsync<TransportException>(() => DialAsync(new DnsEndPoint("one.example", nobody.Port), [Refusing]));

        Assert.Equal($"Could not connect to one.example:{nobody.Port}: The connection was refused: nothing listens there.", failure.Message);
    }

    [Fact]
    public async Task A_name_without_addresses_does_not_resolve()
    {
        var failure = await Assert.ThrowsAsync<TransportException>(() => DialAsync(new DnsEndPoint("none.example", 1883), []));

        Assert.Contains("none.example:1883: The host name does not resolve.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dial_that_runs_out_of_time_tells_what_had_failed_and_closes_its_sockets()
    {
        using var timeout = new CancellationTokenSource();
        var options = new Recorder();
        var waiting = new Waiting(timeout);
        using var nobody = HeldPort.Refusing();

        var unfinished = await Assert.ThrowsAsync<UnfinishedDialException>(() => SocketDialer.ConnectAsync(
            new DnsEndPoint("many.example", nobody.Port), null, new Both(options, waiting),
            (_, _, _) => Task.FromResult<IPAddress[]>([Refusing, RefusingToo]), TimeProvider.System, timeout.Token));

        Assert.Contains("127.0.0.2: The connection was refused", unfinished.Message, StringComparison.Ordinal);
        Assert.All(options.Before, socket => Assert.True(socket.SafeHandle.IsClosed));
        var told = TransportException.TookTooLong(new DnsEndPoint("many.example", 1), TimeSpan.FromSeconds(10), new IOException("wrapped", unfinished));
        Assert.Equal($"Could not connect to many.example:1: it took longer than 10 s. {unfinished.Message}", told.Message);
    }

    private static Task<Socket> DialAsync(DnsEndPoint name, IPAddress[] addresses) => SocketDialer.ConnectAsync(
        name, null, MqttSocketOptions.Default, (_, _, _) => Task.FromResult(addresses), TimeProvider.System, CancellationToken.None);

    private static DnsEndPoint Name(Socket listener) => new("many.example", ((IPEndPoint)listener.LocalEndPoint!).Port);

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    /// <summary>Remembers the sockets that were made.</summary>
    private sealed class Recorder : SocketOptionsOf
    {
        public List<Socket> Before { get; } = [];

        public List<Socket> After { get; } = [];

        protected override void BeforeConnect(Socket socket) => Before.Add(socket);

        protected override void AfterConnect(Socket socket) => After.Add(socket);
    }

    /// <summary>Refuses the socket of an attempt before it dials.</summary>
    private sealed class Breaking(int attempt) : SocketOptionsOf
    {
        private int _attempts;

        protected override void BeforeConnect(Socket socket)
        {
            if (_attempts++ == attempt)
                throw new SocketException((int)SocketError.AccessDenied);
        }
    }

    /// <summary>Cancels while the second attempt is under way.</summary>
    private sealed class Waiting(CancellationTokenSource timeout) : SocketOptionsOf
    {
        private int _attempts;

        protected override void BeforeConnect(Socket socket)
        {
            if (_attempts++ == 1)
                timeout.Cancel();
        }
    }

    private sealed class Both(ISocketOptions first, ISocketOptions second) : SocketOptionsOf
    {
        protected override void BeforeConnect(Socket socket)
        {
            first.BeforeConnect(socket);
            second.BeforeConnect(socket);
        }

        protected override void AfterConnect(Socket socket)
        {
            first.AfterConnect(socket);
            second.AfterConnect(socket);
        }
    }

    /// <summary>Socket options of a test.</summary>
    private abstract class SocketOptionsOf : ISocketOptions
    {
        void ISocketOptions.BeforeListen(Socket socket)
        {
        }

        void ISocketOptions.BeforeConnect(Socket socket) => BeforeConnect(socket);

        void ISocketOptions.AfterConnect(Socket socket) => AfterConnect(socket);

        protected virtual void BeforeConnect(Socket socket)
        {
        }

        protected virtual void AfterConnect(Socket socket)
        {
        }
    }
}
