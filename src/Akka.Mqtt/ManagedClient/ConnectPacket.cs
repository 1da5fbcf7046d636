using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Makes the CONNECT of an attempt.</summary>
internal static class ConnectPacket
{
    /// <summary>Makes it.</summary>
    /// <param name="settings">The settings of the attempt.</param>
    /// <param name="clientId">The client identifier in use.</param>
    /// <param name="resumes">Whether an earlier connection of this client was accepted.</param>
    /// <returns>The packet.</returns>
    public static Connect Of(MqttClientSettings settings, string clientId, bool resumes)
    {
        var v5 = settings.Version == MqttVersion.V5;
        return new Connect
        {
            Version = settings.Version,
            IsBridge = settings.IsBridge && !v5,
            ClientId = clientId,
            CleanStart = settings.CleanStart && !(v5 && resumes),
            KeepAlive = (ushort)settings.KeepAlive.TotalSeconds,
            UserName = settings.UserName,
            Password = settings.Password,
            Will = settings.Will,
            Properties = !v5 ? null : new ConnectProperties
            {
                SessionExpiryInterval = (uint)settings.SessionExpiry.TotalSeconds,
                ReceiveMaximum = (ushort)settings.ReceiveMaximum,
                TopicAliasMaximum = settings.TopicAliases == 0 ? null : (ushort)settings.TopicAliases,
                MaximumPacketSize = settings.Connection is { } connection ? (uint)connection.MaxPacketSize : null,
                RequestProblemInformation = settings.RequestProblemInformation,
                RequestResponseInformation = settings.RequestResponseInformation,
                UserProperties = settings.UserProperties,
                AuthenticationMethod = settings.AuthenticationMethod,
                AuthenticationData = settings.AuthenticationData,
            },
        };
    }
}
