namespace Akka.Mqtt.Server.Security;

/// <summary>The right that a rule of an ACL file grants.</summary>
[Flags]
internal enum AclAccess
{
    /// <summary>Denies everything; no other rule can grant it.</summary>
    Deny = 0,

    /// <summary>The right to receive.</summary>
    Read = 1,

    /// <summary>The right to publish.</summary>
    Write = 2,

    /// <summary>The right to subscribe, even where no message may be received.</summary>
    Subscribe = 4,
}
