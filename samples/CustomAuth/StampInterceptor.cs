using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace CustomAuth;

#region doc:interceptor
/// <summary>Says on each message who published it, and takes none over 64 KiB.</summary>
public sealed class StampInterceptor : IPublishInterceptor
{
    public Interception<Publish> Intercept(ClientIdentity client, Publish message)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(message);
        if (message.Payload.Length > 64 * 1024)
            return Interception<Publish>.Refuse(ReasonCode.QuotaExceeded);
        var properties = message.Properties ?? new PublishProperties();
        return Interception<Publish>.Pass(message with
        {
            Properties = properties with { UserProperties = [.. properties.UserProperties, new UserProperty("publisher", $"{client.UserName}")] },
        });
    }
}
#endregion
