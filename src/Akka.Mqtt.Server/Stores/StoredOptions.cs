using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Stores;

/// <summary>The options of a stored subscription that routing must know.</summary>
[Flags]
internal enum StoredOptions : byte
{
    /// <summary>QoS 0, nothing else.</summary>
    None = 0,

    /// <summary>The bits of the granted QoS.</summary>
    QoS = 3,

    /// <summary>Not to its own client.</summary>
    NoLocal = 4,

    /// <summary>Keep RETAIN as it was published.</summary>
    RetainAsPublished = 8,

    /// <summary>A shared subscription of MQTT 5.0.</summary>
    Shared = 16,
}

/// <summary>Makes <see cref="StoredOptions"/>, and reads them.</summary>
internal static class StoredOptionsOf
{
    /// <summary>The options of a subscription.</summary>
    public static StoredOptions Subscription(SessionSubscription subscription) => Columns(
        (int)subscription.Options.QoS, subscription.Options.NoLocal, subscription.Options.RetainAsPublished, subscription.Shared is not null);

    /// <summary>The options of a row.</summary>
    public static StoredOptions Columns(int qos, bool noLocal, bool retainAsPublished, bool isShared) =>
        ((StoredOptions)qos & StoredOptions.QoS)
        | (noLocal ? StoredOptions.NoLocal : 0)
        | (retainAsPublished ? StoredOptions.RetainAsPublished : 0)
        | (isShared ? StoredOptions.Shared : 0);

    /// <summary>The granted QoS.</summary>
    public static QualityOfService QoS(StoredOptions options) => (QualityOfService)(options & StoredOptions.QoS);
}
