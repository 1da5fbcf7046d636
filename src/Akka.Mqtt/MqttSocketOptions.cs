using System.Net.Sockets;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt;

/// <summary>
/// Options of the sockets of <see cref="Mqtt.Connect"/> and <see cref="Mqtt.Bind"/>. An option that is null is left to the operating
/// system. TCP_NODELAY is always set. Transports without a socket of their own ignore all options.
/// </summary>
public sealed record MqttSocketOptions : ISocketOptions
{
    /// <summary>No option is set: all are left to the operating system.</summary>
    public static MqttSocketOptions Default { get; } = new();

    /// <summary>Size in bytes of the kernel's receive buffer, 1 or more. Default: null. A listener sets it before it listens, so it is announced to clients.</summary>
    public int? ReceiveBufferSize
    {
        get;
        init => field = AtLeastOne(value, nameof(ReceiveBufferSize));
    }

    /// <summary>Size in bytes of the kernel's send buffer, 1 or more. Default: null.</summary>
    public int? SendBufferSize
    {
        get;
        init => field = AtLeastOne(value, nameof(SendBufferSize));
    }

    /// <summary>
    /// How long a TCP connection is silent before the kernel probes the peer, in whole seconds, at least 1 s; null for never. MQTT has its
    /// own keep-alive, which also detects a peer that hangs. Default: null.
    /// </summary>
    public TimeSpan? TcpKeepAliveTime
    {
        get;
        init => field = AtLeastASecond(value, nameof(TcpKeepAliveTime));
    }

    /// <summary>Time between two such probes, in whole seconds, at least 1 s. Needs <see cref="TcpKeepAliveTime"/>. Default: null.</summary>
    public TimeSpan? TcpKeepAliveInterval
    {
        get;
        init => field = AtLeastASecond(value, nameof(TcpKeepAliveInterval));
    }

    /// <summary>How many probes may stay unanswered before the connection is lost, 1 or more. Needs <see cref="TcpKeepAliveTime"/>. Default: null.</summary>
    public int? TcpKeepAliveRetries
    {
        get;
        init => field = AtLeastOne(value, nameof(TcpKeepAliveRetries));
    }

    /// <summary>Whether an IPv6 socket accepts IPv4 too, as a listener on <c>[::]</c> does. Default: null.</summary>
    public bool? DualMode { get; init; }

    void ISocketOptions.BeforeListen(Socket socket)
    {
        SetFamily(socket);
        SetBuffers(socket);
    }

    void ISocketOptions.BeforeConnect(Socket socket)
    {
        SetFamily(socket);
        SetBuffers(socket);
    }

    void ISocketOptions.AfterConnect(Socket socket)
    {
        SetBuffers(socket);
        if (TcpKeepAliveTime is not { } time || socket.AddressFamily == AddressFamily.Unix)
            return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)time.TotalSeconds);
        if (TcpKeepAliveInterval is { } interval)
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)interval.TotalSeconds);
        if (TcpKeepAliveRetries is { } retries)
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, retries);
    }

    private static int? AtLeastOne(int? value, string name)
    {
        if (value is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, name);
        return value;
    }

    private static TimeSpan? AtLeastASecond(TimeSpan? value, string name)
    {
        if (value is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.FromSeconds(1), name);
        return value;
    }

    private void SetFamily(Socket socket)
    {
        if (DualMode is { } dual && socket.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = dual;
    }

    private void SetBuffers(Socket socket)
    {
        if (ReceiveBufferSize is { } receive)
            socket.ReceiveBufferSize = receive;
        if (SendBufferSize is { } send)
            socket.SendBufferSize = send;
    }
}
