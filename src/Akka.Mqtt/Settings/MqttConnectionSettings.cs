using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt;

/// <summary>
/// Settings of a connection. The reference configuration has the defaults and explains them in <c>akka.mqtt.connection</c>. Create
/// settings with <see cref="Create(ActorSystem)"/> and change them with <c>with</c>. A value out of its range throws
/// <see cref="ConfigurationException"/>, whose message names the key.
/// </summary>
public sealed record MqttConnectionSettings
{
    /// <summary>The configuration section of the defaults.</summary>
    public const string Section = "akka.mqtt.connection";

    private readonly string _tcpEngine = "";

    private MqttConnectionSettings(Config config)
    {
        MaxPacketSize = config.Bytes("max-packet-size");
        MaxConnectPacketSize = config.Bytes("max-connect-packet-size");
        MaxUserProperties = config.Count("max-user-properties");
        MaxSubscriptionsPerPacket = config.Count("max-subscriptions-per-packet");
        DialTimeout = config.Duration("dial-timeout");
        HandshakeTimeout = config.Duration("handshake-timeout");
        RegisterTimeout = config.Duration("register-timeout");
        ConnectTimeout = config.DurationOrOff("connect-timeout");
        CloseTimeout = config.Duration("close-timeout");
        WriteTimeout = config.DurationOrOff("write-timeout");
        KeepAliveFactor = config.Number("keep-alive-factor");
        MaxQueuedWriteBytes = config.Bytes("max-queued-write-bytes");
        WriteChunkSize = config.Bytes("write-chunk-size");
        ReadChunkSize = config.Bytes("read-chunk-size");
        MaxQueuedReadBytes = config.Bytes("max-queued-read-bytes");
        MaxUnhandledBytes = config.Bytes("max-unhandled-bytes");
        MaxUnhandledPackets = config.Count("max-unhandled-packets");
        Dispatcher = config.GetString("dispatcher", "");
        TcpEngine = config.GetString("tcp-engine", "");
    }

    /// <summary>The largest packet that is accepted, in bytes with its fixed header. Default: 16 MiB.</summary>
    public int MaxPacketSize
    {
        get;
        init => field = SettingRange.Bytes(value, 2, MqttDecoder.LargestPacketSize, "max-packet-size");
    }

    /// <summary>The same limit on the server side until a CONNECT has arrived. Default: 16 KiB.</summary>
    public int MaxConnectPacketSize
    {
        get;
        init => field = SettingRange.Bytes(value, 2, MqttDecoder.LargestPacketSize, "max-connect-packet-size");
    }

    /// <summary>The highest number of user properties in a received packet; those of a will are counted separately. Default: 64.</summary>
    public int MaxUserProperties
    {
        get;
        init => field = SettingRange.Count(value, 0, 1_000_000, "max-user-properties");
    }

    /// <summary>The highest number of topic filters in one received SUBSCRIBE or UNSUBSCRIBE. Default: 1,024.</summary>
    public int MaxSubscriptionsPerPacket
    {
        get;
        init => field = SettingRange.Count(value, 1, 1_000_000, "max-subscriptions-per-packet");
    }

    /// <summary>Client side: time limit for dialling, including handshakes. Default: 10 s.</summary>
    public TimeSpan DialTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "dial-timeout");
    }

    /// <summary>Server side: time limit for the TLS handshake of an accepted client. Default: 10 s.</summary>
    public TimeSpan HandshakeTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "handshake-timeout");
    }

    /// <summary>How long a new connection waits for <see cref="Mqtt.Register"/>. Default: 10 s.</summary>
    public TimeSpan RegisterTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "register-timeout");
    }

    /// <summary>Server side: time limit until CONNECT has arrived; null for no limit. Default: 10 s.</summary>
    public TimeSpan? ConnectTimeout
    {
        get;
        init => field = SettingRange.DurationOrOff(value, "connect-timeout");
    }

    /// <summary>Time limit for closing before the connection is reset. Default: 5 s.</summary>
    public TimeSpan CloseTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "close-timeout");
    }

    /// <summary>
    /// How long the peer may receive nothing of what was written before the connection closes; null for no limit. Default: 30 s.
    /// </summary>
    public TimeSpan? WriteTimeout
    {
        get;
        init => field = SettingRange.DurationOrOff(value, "write-timeout");
    }

    /// <summary>
    /// Server side: how many times its Keep Alive a client may be silent; with 0 the connection does not check it. Default: 1.5.
    /// </summary>
    public double KeepAliveFactor
    {
        get;
        init => field = SettingRange.Number(value, 0, 1000, "keep-alive-factor");
    }

    /// <summary>The highest number of bytes that may wait to be written. Default: 4 MiB.</summary>
    public int MaxQueuedWriteBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-queued-write-bytes");
    }

    /// <summary>Size in bytes of one write to the transport. Default: 128 KiB.</summary>
    public int WriteChunkSize
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 20, "write-chunk-size");
    }

    /// <summary>Size in bytes of one read. Default: 64 KiB.</summary>
    public int ReadChunkSize
    {
        get;
        init => field = SettingRange.Bytes(value, 512, 1 << 20, "read-chunk-size");
    }

    /// <summary>The highest number of bytes that may wait to be decoded before reading is suspended. Default: 256 KiB.</summary>
    public int MaxQueuedReadBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-queued-read-bytes");
    }

    /// <summary>The highest number of bytes of delivered packets that the handler has not handled. Default: 1 MiB.</summary>
    public int MaxUnhandledBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-unhandled-bytes");
    }

    /// <summary>The highest number of delivered packets that the handler has not handled. Default: 10,000.</summary>
    public int MaxUnhandledPackets
    {
        get;
        init => field = SettingRange.Count(value, 1, 1_000_000, "max-unhandled-packets");
    }

    /// <summary>
    /// Dispatcher of the connection actors and their framing; empty for Akka's default dispatcher. Default: <c>akka.mqtt.dispatcher</c>.
    /// </summary>
    public string Dispatcher
    {
        get;
        init => field = value ?? throw new ConfigurationException("dispatcher is null; an empty name is Akka's default dispatcher.");
    }

    /// <summary>
    /// How plain TCP connections are read and written. <c>akka-io</c>: by connection actors of Akka.IO. <c>socket</c>: by our connection
    /// actors themselves, for many connections and high rates. See docs/connection.md for the figures of both. Default: <c>akka-io</c>.
    /// </summary>
    /// <exception cref="ConfigurationException">It is not one of these.</exception>
    public string TcpEngine
    {
        get => _tcpEngine;
        init
        {
            _tcpEngine = value;
            Engine = value switch
            {
                "akka-io" => TcpEngineKind.AkkaIo,
                "socket" => TcpEngineKind.Socket,
                "socket-completions" => TcpEngineKind.SocketCompletions,
                _ => throw new ConfigurationException($"tcp-engine = {value} is not akka-io, socket or socket-completions."),
            };
        }
    }

    internal TcpEngineKind Engine { get; private init; }

    /// <summary>Reads <c>akka.mqtt.connection</c> of an actor system, over the reference configuration.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range; the message names the key.</exception>
    public static MqttConnectionSettings Create(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Create(system.Settings.Config.GetConfig(Section));
    }

    /// <summary>Reads a section with the same keys; missing ones are read from the reference configuration.</summary>
    /// <param name="config">The section; null for the defaults.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is out of its range; the message names the key.</exception>
    public static MqttConnectionSettings Create(Config? config) =>
        ConfigReader.Settings(config, Section, static all => new MqttConnectionSettings(all));
}
