namespace Akka.Mqtt.Server.Security;

/// <summary>What a rule of an ACL file grants.</summary>
[Flags]
internal enum AclAccess
{
    /// <summary>Nothing, and nothing else may grant it.</summary>
    Deny = 0,

    /// <summary>To receive.</summary>
    Read = 1,

    /// <summary>To publish.</summary>
    Write = 2,

    /// <summary>To subscribe, even where nothing may be received.</summary>
    Subscribe = 4,
}
