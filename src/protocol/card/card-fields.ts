/** How a field of a card's message is kept in its canonical form. */
export interface CardField {
  readonly name: string;
  /** True: kept whatever its value, by REQUIRED or `optional` in the proto; else left out with its default. */
  readonly kept: boolean;
  /** The message that it holds, one or a list of them; undefined: a plain value. */
  readonly message: string | undefined;
  /** True: a map with such values. */
  readonly isMap: boolean;
}

/**
 * The messages of which A2A 1.0's AgentCard is made, without its signatures. `!`: kept whatever its value; `:Name`: holds that message;
 * `:{Name}`: a map of them.
 */
const rows: Readonly<Record<string, string>> = {
  AgentCard:
    'name! description! supportedInterfaces!:AgentInterface provider:AgentProvider version! documentationUrl! ' +
    'capabilities!:AgentCapabilities securitySchemes:{SecurityScheme} securityRequirements:SecurityRequirement ' +
    'defaultInputModes! defaultOutputModes! skills!:AgentSkill iconUrl!',
  AgentInterface: 'url! protocolBinding! tenant protocolVersion!',
  AgentProvider: 'url! organization!',
  AgentCapabilities: 'streaming! pushNotifications! extensions:AgentExtension extendedAgentCard!',
  AgentExtension: 'uri description required params',
  AgentSkill: 'id! name! description! tags! examples inputModes outputModes securityRequirements:SecurityRequirement',
  SecurityRequirement: 'schemes:{StringList}',
  StringList: 'list',
  SecurityScheme:
    'apiKeySecurityScheme!:ApiKey httpAuthSecurityScheme!:HttpAuth oauth2SecurityScheme!:OAuth2 ' +
    'openIdConnectSecurityScheme!:OpenIdConnect mtlsSecurityScheme!:MutualTls',
  ApiKey: 'description location! name!',
  HttpAuth: 'description scheme! bearerFormat',
  OAuth2: 'description flows!:OAuthFlows oauth2MetadataUrl',
  OpenIdConnect: 'description openIdConnectUrl!',
  MutualTls: 'description',
  OAuthFlows:
    'authorizationCode!:AuthorizationCode clientCredentials!:ClientCredentials implicit!:Implicit password!:Password ' +
    'deviceCode!:DeviceCode',
  AuthorizationCode: 'authorizationUrl! tokenUrl! refreshUrl scopes! pkceRequired',
  ClientCredentials: 'tokenUrl! refreshUrl scopes!',
  Implicit: 'authorizationUrl refreshUrl scopes',
  Password: 'tokenUrl refreshUrl scopes',
  DeviceCode: 'deviceAuthorizationUrl! tokenUrl! refreshUrl scopes!',
};

const fieldPattern = /^(?<name>\w+)(?<kept>!)?(?::(?<brace>\{)?(?<message>\w+)\}?)?$/;

function parseField(text: string): CardField {
  const { name = '', kept, brace, message } = fieldPattern.exec(text)?.groups ?? {};
  return { name, kept: kept !== undefined, message, isMap: brace !== undefined };
}

const fields: ReadonlyMap<string, readonly CardField[]> = new Map(
  Object.entries(rows).map(([message, row]) => [message, row.split(' ').map(parseField)]),
);

/** The fields of one of the card's messages, `AgentCard` the outermost. */
export function fieldsOf(message: string): readonly CardField[] {
  return fields.get(message) ?? [];
}
