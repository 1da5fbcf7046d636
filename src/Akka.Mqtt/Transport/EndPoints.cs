using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>Shows end points as text.</summary>
internal static class EndPoints
{
    public static string Show(EndPoint? address) => address switch
    {
        null => "an unknown address",
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => address.ToString() ?? address.GetType().Name,
    };
}
