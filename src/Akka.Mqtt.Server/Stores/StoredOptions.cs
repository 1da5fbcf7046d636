using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Stores;

/// <summary>The options of a stored subscription that routing needs.</summary>
[Flags]
internal enum StoredOptions : byte
{
    /// <summary>QoS 0 and no other option.</summary>
    None = 0,

    /// <summary>The bits of the granted QoS.</summary>
    QoS = 3,

    /// <summary>Messages of its own client are excluded.</summary>
    NoLocal = 4,

    /// <summary>RETAIN is kept as it was published.</summary>
    RetainAsPublished = 8,

    /// <summary>A shared subscription of MQTT 5.0.</summary>
    Shared = 16,
}

/// <summary>Creates and reads <see cref="StoredOptions"/>.</summary>
internal static class StoredOptionsOf
{
    /// <summary>The options of a subscription.</summary>
    public static StoredOptions Subscription(SessionSubscription subscription) => Columns(
        (int)subscription.Options.QoS, subscription.Options.NoLocal, subscription.Options.RetainAsPublished, subscription.Shared is not null);

    /// <summary>The options from the columns of a row.</summary>
    public static StoredOptions Columns(int qos, bool noLocal, bool retainAsPublished, bool isShared) =>
        ((StoredOptions)qos & StoredOptions.QoS)
        | (noLocal ? StoredOptions.NoLocal : 0)
        | (retainAsPublished ? StoredOptions.RetainAsPublished : 0)
        | (isShared ? StoredOptions.Shared : 0);

    /// <summary>The granted QoS.</summary>
    public static QualityOfService QoS(StoredOptions options) => (QualityOfService)(options & StoredOptions.QoS);
}
