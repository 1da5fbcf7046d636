using System.Runtime.Serialization;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The wire form of the settings of a connection: number and value of each setting, then 0. A setting that is missing, because an earlier
/// version wrote the message, gets its default. A number keeps its meaning for ever.
/// </summary>
internal static class SettingsForm
{
    private static readonly Lazy<MqttConnectionSettings> Defaults = new(() => MqttConnectionSettings.Create((Akka.Configuration.Config?)null));

    /// <summary>The index is the number in a message.</summary>
    private static readonly string[] Engines = ["socket", "akka-io", "socket-completions"];

    public static void WriteOptional(WireWriter to, MqttConnectionSettings? settings)
    {
        to.Bool(settings is not null);
        if (settings is not null)
            Write(to, settings);
    }

    public static MqttConnectionSettings? ReadOptional(WireReader from) => from.Bool() ? Read(from) : null;

    public static void Write(WireWriter to, MqttConnectionSettings settings)
    {
        Int(to, 1, settings.MaxPacketSize);
        Int(to, 2, settings.MaxConnectPacketSize);
        Time(to, 3, settings.DialTimeout);
        Time(to, 4, settings.HandshakeTimeout);
        Time(to, 5, settings.RegisterTimeout);
        Time(to, 6, settings.ConnectTimeout);
        Time(to, 7, settings.CloseTimeout);
        Time(to, 8, settings.WriteTimeout);
        to.Byte(9);
        to.Double(settings.KeepAliveFactor);
        Int(to, 10, settings.MaxQueuedWriteBytes);
        Int(to, 11, settings.WriteChunkSize);
        Int(to, 12, settings.ReadChunkSize);
        Int(to, 13, settings.MaxQueuedReadBytes);
        Int(to, 14, settings.MaxUnhandledBytes);
        Int(to, 15, settings.MaxUnhandledPackets);
        to.Byte(16);
        to.Text(settings.Dispatcher);
        Int(to, 17, Array.IndexOf(Engines, settings.TcpEngine));
        Int(to, 18, settings.MaxUserProperties);
        Int(to, 19, settings.MaxSubscriptionsPerPacket);
        to.Byte(0);
    }

    public static MqttConnectionSettings Read(WireReader from)
    {
        var settings = Defaults.Value;
        while (from.Byte() is var field and not 0)
        {
            settings = field switch
            {
                1 => settings with { MaxPacketSize = from.Int() },
                2 => settings with { MaxConnectPacketSize = from.Int() },
                3 => settings with { DialTimeout = from.Time() },
                4 => settings with { HandshakeTimeout = from.Time() },
                5 => settings with { RegisterTimeout = from.Time() },
                6 => settings with { ConnectTimeout = OptionalTime(from) },
                7 => settings with { CloseTimeout = from.Time() },
                8 => settings with { WriteTimeout = OptionalTime(from) },
                9 => settings with { KeepAliveFactor = from.Double() },
                10 => settings with { MaxQueuedWriteBytes = from.Int() },
                11 => settings with { WriteChunkSize = from.Int() },
                12 => settings with { ReadChunkSize = from.Int() },
                13 => settings with { MaxQueuedReadBytes = from.Int() },
                14 => settings with { MaxUnhandledBytes = from.Int() },
                15 => settings with { MaxUnhandledPackets = from.Int() },
                16 => settings with { Dispatcher = from.Text() },
                17 => settings with { TcpEngine = Engines[from.Int()] },
                18 => settings with { MaxUserProperties = from.Int() },
                19 => settings with { MaxSubscriptionsPerPacket = from.Int() },
                _ => throw new SerializationException($"This version of Akka.Mqtt does not know the connection setting {field}."),
            };
        }

        return settings;
    }

    private static void Int(WireWriter to, byte field, int value)
    {
        to.Byte(field);
        to.Int(value);
    }

    private static void Time(WireWriter to, byte field, TimeSpan value)
    {
        to.Byte(field);
        to.Time(value);
    }

    private static void Time(WireWriter to, byte field, TimeSpan? value)
    {
        to.Byte(field);
        to.Bool(value is not null);
        if (value is { } time)
            to.Time(time);
    }

    private static TimeSpan? OptionalTime(WireReader from) => from.Bool() ? from.Time() : null;
}
