using Akka.Mqtt.Streams;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>Framing as it is where internal types of Akka.Streams are not what they were.</summary>
internal static class PublicApiFraming
{
    public const string Config = FramingHost.PublicApiOnly + " = on\n";
}
